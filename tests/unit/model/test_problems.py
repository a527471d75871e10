"""What is wrong with a document is said in sentences, all of it, and never with a value."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from model.problems import SHOWN, in_one_sentence, nearest, problems_of, request_problems
from routing import problems as of_routing

SECRET = "Doe^Jane"


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    Colour: str = ""
    Count: int = 0


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    Title: str
    Parts: dict[str, list[Part]] = {}


def said(**document: object) -> list[str]:
    with pytest.raises(ValidationError) as raised:
        Whole.model_validate(document)
    return [str(one) for one in problems_of(raised.value, Whole)]


def test_every_problem_is_said_with_its_place() -> None:
    found = said(Parts={"left": [{"Color": SECRET}, {"Count": SECRET}]})
    assert found == [
        "Title: is required",
        "Parts.left.0.Color: is not a key of this document; did you mean 'Colour'?",
        "Parts.left.1.Count: should be a valid integer",
    ]


def test_a_key_of_another_place_is_not_proposed() -> None:
    assert said(Title="t", Colour="red") == ["Colour: is not a key of this document"]


def test_a_long_list_is_cut_and_counted() -> None:
    found = said(Title="t", Parts={"p": [{"Count": SECRET}] * (SHOWN + 3)})
    assert len(found) == SHOWN + 3
    with pytest.raises(ValidationError) as raised:
        Whole.model_validate({"Title": "t", "Parts": {"p": [{"Count": SECRET}] * (SHOWN + 3)}})
    sentence = in_one_sentence(problems_of(raised.value, Whole))
    assert sentence.endswith("; and 3 more")
    assert SECRET not in sentence


def test_a_request_repeats_no_key_that_its_sender_made_up() -> None:
    with pytest.raises(ValidationError) as raised:
        Whole.model_validate({"Title": "t", SECRET: SECRET})
    sentence = request_problems(raised.value.errors())
    assert sentence.startswith("…: ")
    assert SECRET not in sentence


@pytest.mark.parametrize("word", ["Min", "Minimum", "prot", "PORT", "Tilte", "zzz", "", "Co", "Cou", "counts"])
def test_both_finders_of_the_nearest_word_agree(word: str) -> None:
    words = ("Minimum", "Port", "Title", "Count", "Colour")
    assert nearest(word, words) == of_routing.nearest(word, words)
