"""The text for the privacy notice names recipients, and says what only the site can fill in."""

from __future__ import annotations

from typing import Any

import pytest

from plugin.evidence.dossier.notice import EEA, inside_eea, notice_text
from tests.builders.dossier_sites import SERVICE, processing


def text_with(**recipient: Any) -> str:
    """The notice of the site with a service, whose recipient is described otherwise."""
    evidence = SERVICE["Evidence"]
    known = {**evidence["Recipients"]["cloud"], **recipient}
    section = {**SERVICE, "Evidence": {**evidence, "Recipients": {"cloud": known}}}
    return "\n".join(notice_text(processing(section)))


def test_a_country_outside_without_safeguards_is_a_gap() -> None:
    text = text_with(Country="India")
    assert "India lies outside the European Economic Area" in text
    assert "[to be completed: safeguards (Evidence.Recipients.cloud.Safeguards)]" in text
    assert "Safeguards: adequacy decision." in text_with(Country="Japan", Safeguards="adequacy decision")


@pytest.mark.parametrize("country", ["Germany", "de", " FRANCE ", "Norway"])
def test_a_country_inside_needs_none(country: str) -> None:
    assert inside_eea(country)
    assert "outside the European Economic Area" not in text_with(Country=country)


def test_the_area_has_thirty_countries_and_no_neighbour() -> None:
    assert len(EEA) == 30
    assert [one for one in ("Switzerland", "CH", "United Kingdom", "UK", "") if inside_eea(one)] == []


def test_what_is_not_configured_stands_in_brackets() -> None:
    section = {**SERVICE, "Evidence": {}}
    text = "\n".join(notice_text(processing(section)))
    for key in ("Controller", "DataProtectionOfficer", "LegalBasis", "Recipients.cloud"):
        assert f"(Evidence.{key})]" in text, key
    assert "[to be completed: country (Evidence.Recipients.cloud.Country)]" in text_with(Country="")


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("processor", "on our behalf."),
        ("joint controller", "responsible together with us."),
        ("controller", "responsible by itself."),
    ],
)
def test_the_role_of_a_recipient_is_told_in_plain_words(role: str, said: str) -> None:
    assert f"Germany; {said}" in text_with(Role=role)
