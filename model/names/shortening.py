"""Any text to an ROI name of at most 16 ASCII characters, the same every time, the side and the number kept."""

from __future__ import annotations

import re
import unicodedata

from model.names.entry import NAME_CHARACTERS

# Letters that do not decompose into a base letter and a mark.
LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"}
)
SIDES = {"left": "L", "lt": "L", "l": "L", "right": "R", "rt": "R", "r": "R", "bilateral": "B", "both": "B"}
# TG-263's own abbreviations for the words that are most often too long.
ABBREVIATIONS = {
    "artery": "A",
    "vein": "V",
    "muscle": "Musc",
    "nerve": "N",
    "gland": "Glnd",
    "glands": "Glnds",
    "lymph": "L",
    "node": "N",
    "nodes": "N",
    "vertebrae": "VB",
    "vertebra": "VB",
    "lobe": "Lobe",
    "superior": "Sup",
    "inferior": "Inf",
    "anterior": "Ant",
    "posterior": "Post",
    "upper": "Up",
    "lower": "Low",
    "middle": "Mid",
    "structure": "Str",
    "ventricle": "Ventr",
    "atrium": "Atr",
    "cavity": "Cav",
}
SHORTEST_WORD = 2


def ascii_text(text: str) -> str:
    """Transliterate to printable ASCII without backslashes; what has no counterpart becomes an underscore."""
    plain = unicodedata.normalize("NFKD", text.translate(LETTERS))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return "".join(char if " " <= char <= "~" and char != "\\" else "_" for char in plain).strip()


def shorten(text: str) -> str:
    """Name of at most 16 characters; text that is short enough already stays as it is.

    Longer text becomes words with capitals joined by underscores, side last; words are abbreviated, then lose
    their vowels, then their ends, longest first. Depends on ``text`` alone, so two texts can meet in one name.
    """
    plain = ascii_text(text)
    if len(plain) <= NAME_CHARACTERS:
        return plain
    words = re.findall(r"[A-Za-z]+|\d+", plain)
    side = ""
    for word in words[:]:
        if not side and word.lower() in SIDES and len(words) > 1:
            side = SIDES[word.lower()]
            words.remove(word)
    words = [word[:1].upper() + word[1:] for word in words] or ["ROI"]
    suffix = f"_{side}" if side else ""
    room = NAME_CHARACTERS - len(suffix)

    def fits() -> bool:
        return len("_".join(words)) <= room

    for index, word in enumerate(words):
        if not fits() and word.lower() in ABBREVIATIONS:
            words[index] = ABBREVIATIONS[word.lower()]
    for index in sorted(range(len(words)), key=lambda i: -len(words[i])):
        if not fits() and words[index].isalpha():
            words[index] = words[index][0] + re.sub("[aeiouAEIOU]", "", words[index][1:])
    while not fits():
        index = max(range(len(words)), key=lambda i: (words[i].isalpha(), len(words[i])))
        if not words[index].isalpha() or len(words[index]) <= SHORTEST_WORD:
            break
        words[index] = words[index][:-1]
    joined = "_".join(words)
    if len(joined) > room:
        # Very many words: the first letters of all but the last, then what fits.
        joined = ("".join(word[0] for word in words[:-1])[: room // 2] + "_" + words[-1])[:room]
    return joined.rstrip("_") + suffix
