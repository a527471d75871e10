"""Who is answered: which names of hosts, and whether what changes something comes from our own page."""

from __future__ import annotations

import pytest

from plugin.gateway.api.hosts import Hosts, from_own_page
from plugin.settings.settings import examine

NOBODY = Hosts.configured((), passwords=False)
ANYBODY = Hosts.configured((), passwords=True)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8042", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]:8042", "[0:0::1]"]
)
def test_this_machine_is_answered_always(host: str) -> None:
    for hosts in (NOBODY, ANYBODY, Hosts.configured(["pacs.example"], passwords=True)):
        assert hosts.answer_to(host)


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "localhost.attacker.example:8042",
        "127.0.0.1.attacker.example",
        "attacker.example:8042@localhost",
        "localhost:8042:1",
        "[::1].attacker.example",
        "127.0.0.2",
        "0.0.0.0:8042",
        "",
        "localhost/../x",
        "localhost:",
        "localhost\x00",
    ],
)
def test_without_passwords_a_foreign_name_is_not_answered(host: str) -> None:
    assert not NOBODY.answer_to(host)


def test_with_passwords_any_name_is_answered_unless_the_site_narrows_it() -> None:
    assert ANYBODY.answer_to("pacs.example:8042")
    narrowed = Hosts.configured(["Pacs.Example"], passwords=True)
    assert narrowed.answer_to("pacs.example:8042")
    assert narrowed.answer_to("PACS.EXAMPLE.")
    assert not narrowed.answer_to("other.example")


@pytest.mark.parametrize(
    ("allowed", "host", "answered"),
    [
        ("pacs.example", "pacs.example", True),
        ("pacs.example", "pacs.example:8042", True),
        ("pacs.example:8042", "pacs.example:8042", True),
        ("pacs.example:8042", "pacs.example:80", False),
        ("pacs.example:443", "pacs.example", True),
        ("pacs.example", "x.pacs.example", False),
        ("[fd00::7]:8042", "[FD00::7]:8042", True),
        ("[fd00:0:0:0::7]", "[fd00::7]:8042", True),
        ("[fd00::7]", "[fd00::8]", False),
        ("[::::]", "[::::]", False),
        ("10.0.0.7", "10.0.0.7:8042", True),
        ("*", "whatever.example", True),
    ],
)
def test_allowed_hosts_name_more(allowed: str, host: str, answered: bool) -> None:
    assert Hosts.configured([allowed], passwords=False).answer_to(host) is answered


HOST = "127.0.0.1:8042"


@pytest.mark.parametrize(
    ("origin", "site", "own"),
    [
        (None, None, True),
        ("http://127.0.0.1:8042", None, True),
        ("http://127.0.0.1:8042", "same-origin", True),
        ("https://pacs.example", "same-origin", True),
        (None, "same-origin", True),
        (None, "none", True),
        ("http://127.0.0.1:8042", "none", True),
        ("https://elsewhere.example", "none", False),
        ("null", "none", False),
        ("http://127.0.0.1:8042", "same-site", True),
        ("http://127.0.0.1:8043", "same-site", False),
        (None, "same-site", False),
        ("http://127.0.0.1:8042", "cross-site", False),
        (None, "cross-site", False),
        (None, "something new", False),
        (None, "", False),
        ("https://elsewhere.example", None, False),
        ("http://127.0.0.1", None, False),
        ("http://127.0.0.1:8042.elsewhere.example", None, False),
        ("http://127.0.0.1:8042@elsewhere.example", None, False),
        ("http://127.0.0.1:8042/", None, False),
        ("null", None, False),
        ("", None, False),
        ("file://127.0.0.1:8042", None, False),
        ("http://[::1", None, False),
    ],
)
def test_only_our_own_page_and_programs_change_anything(origin: str | None, site: str | None, own: bool) -> None:
    assert from_own_page(HOST, origin, site, ANYBODY) is own


def test_a_host_and_an_origin_may_leave_out_the_port_that_their_scheme_has() -> None:
    assert from_own_page("pacs.example:443", "https://pacs.example", None, ANYBODY)
    assert from_own_page("pacs.example", "http://PACS.example:80", None, ANYBODY)
    assert not from_own_page("pacs.example:443", "http://pacs.example", None, ANYBODY)


def test_behind_a_proxy_that_changes_the_host_the_site_names_the_page_s_address() -> None:
    named = Hosts.configured(["pacs.example"], passwords=True)
    assert from_own_page(HOST, "https://pacs.example", None, named)
    assert not from_own_page(HOST, "https://pacs.example:8443", None, named), "another server on that machine"
    assert not from_own_page(HOST, "https://elsewhere.example", None, Hosts.configured(["*"], passwords=True))


@pytest.mark.parametrize(
    "name", ["", "http://pacs.example", "pacs.example/", "*.example", "a b", "pacs:123456", "[::1"]
)
def test_a_name_that_no_host_header_holds_is_refused_in_the_configuration(name: str) -> None:
    settings, problems = examine({"AllowedHosts": [name]})
    assert settings is None
    assert [problem.path for problem in problems] == ["AutoContour.AllowedHosts[0]"]


def test_names_addresses_ports_and_the_star_are_allowed_in_the_configuration() -> None:
    names = ["pacs.example", "PACS:8042", "10.0.0.7", "[fd00::7]:8042", "*"]
    settings, problems = examine({"AllowedHosts": names})
    assert problems == []
    assert settings is not None
    assert settings.allowed_hosts == tuple(names)


@pytest.mark.parametrize(
    ("name", "right"), [("cloud", True), ("GPU-box-2", True), ("GPU box 2", False), ("local", False), ("a/b", False)]
)
def test_a_target_has_a_name_that_an_address_carries_unchanged(name: str, right: bool) -> None:
    settings, problems = examine({"Targets": {name: {"Type": "dicom", "Modality": "box"}}})
    assert (settings is not None) is right
    assert [problem.path for problem in problems] == ([] if right else ["AutoContour.Targets"])
