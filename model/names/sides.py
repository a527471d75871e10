"""Which side of the patient a label means: by its words, or by where the organ lies in everybody."""

from __future__ import annotations

import re

from model.names.naming import table

# English, German, French, Spanish, Italian and Latin, as folders of trained models hold them.
LEFT = re.compile(r"l|left|le?ft|lt|link(s|e|er|es)|gauche|izquierd[oa]|sinistr[aoi]|sinister")
RIGHT = re.compile(r"r|right|rg?t|recht(s|e|er|es)|droite?|derech[oa]|destr[aoi]|dexter")
# What may mean a side, in labels of other languages, of clinics and without a gap: reason enough to ask.
MAY_TELL = re.compile(
    r"li|re|sin|sn|sx|dx|dex|dext|izq|der|dch[oa]|gche|dte|esq|esquerd[oa]|dir|direit[oa]|lew[aey]|praw[aey]|"
    r"venstre|hojre|hoyre|vanster|hoger|(link|recht|left|right)\w+|\w+(left|right)"
)
PAIRED = (
    "kidney", "lung", "femur", "hip", "eye", "lens", "cochlea", "parotid", "optic", "adrenal", "humerus", "scapula",
    "clavicle", "rib", "breast", "iliac", "ovary", "ureter", "hippocampus", "submandibular", "lacrimal", "temporal",
)  # fmt: skip
# Organs of one side without a word for it, by the first letters of the label's words.
BY_PLACE = {
    "liver": "R",
    "gallbladder": "R",
    "cecum": "R",
    "caecum": "R",
    "spleen": "L",
    "stomach": "L",
}
# Their left and right are names of parts that reach over the middle, or lie on the other side of it.
CROSSING = (
    "heart", "atri", "ventric", "auric", "coronary", "cardiac", "myocard", "lv", "rv", "la", "ra",
    "liver", "hepat", "pulmonary", "brachioceph", "colon", "colic", "bowel", "flexure", "portal", "pancrea",
    "prostate", "bladder", "vertebra", "aort", "caval", "splenic",
)  # fmt: skip
SHORT = frozenset(("lv", "rv", "la", "ra"))
# A letter with a number is a vertebra or a segment, not a side.
WORDS = re.compile(r"(?<![A-Za-z])[A-Za-z]\d+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def side_of_label(label: str) -> str:
    """``L`` or ``R`` where a word of the label or a table of names says so, else nothing.

    ``kidney_left``, ``LeftKidney``, ``Kidney_L`` and ``lt lung`` are read alike.
    """
    words = [word.lower() for word in WORDS.findall(label)]
    left, right = any(map(LEFT.fullmatch, words)), any(map(RIGHT.fullmatch, words))
    if left != right:
        return "L" if left else "R"
    known = table().get(label)
    return known.side if known is not None and known.side in ("L", "R") and not (left and right) else ""


def side_in_the_body(label: str) -> str:
    """Return the side of the spine on which all of a structure lies in people of usual build, ``L`` or ``R``.

    It is empty for all others.
    """
    words = [word.lower() for word in WORDS.findall(label)]
    for word in words:
        if word in BY_PLACE and not side_of_label(label):
            return BY_PLACE[word]
    if any(word == part if part in SHORT else word.startswith(part) for word in words for part in CROSSING):
        return ""
    return side_of_label(label)


def tells_sides(label: str) -> bool:
    """Whether a label would be wrong on a patient seen in a mirror, or may be."""
    words = [word.lower() for word in WORDS.findall(label)]
    joined = any(word[0] in "lr" and word[1:].startswith(PAIRED) for word in words) or any(
        word[-1] in "lr" and word[:-1].endswith(PAIRED) for word in words
    )
    return bool(joined or any(map(MAY_TELL.fullmatch, words)) or side_of_label(label) or side_in_the_body(label))


def partner(label: str) -> str:
    """Return the label's words without those of a side: the same for the two of a pair."""
    words = (word.lower() for word in WORDS.findall(label))
    return " ".join(word for word in words if not LEFT.fullmatch(word) and not RIGHT.fullmatch(word))
