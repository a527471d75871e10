"""Keys that say where something is: paths from the configuration's folder, proxies for other machines only."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from plugin.settings.places import Proxied, on_this_machine


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8042",
        "https://LOCALHOST./",
        "http://gateway.localhost/",
        "http://127.0.0.1:1/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://[::1]:8042/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://ip6-loopback/",
    ],
)
def test_every_spelling_of_this_machine_is_known(url: str) -> None:
    assert on_this_machine(url)


@pytest.mark.parametrize(
    "url", ["http://pacs.example", "http://10.0.0.1", "http://localhost.example", "http://[2001:db8::1]/", "http://"]
)
def test_another_machine_is_another_machine(url: str) -> None:
    assert not on_this_machine(url)


def test_a_path_is_taken_from_the_folder_of_the_configuration() -> None:
    document = {"Url": "http://pacs.example", "Proxy": "http://proxy:3128", "ProxyCredentialsFile": "secret/proxy"}
    read = Proxied.model_validate(document, context={"base": "/etc/orthanc"})
    assert read.ProxyCredentialsFile == "/etc/orthanc/secret/proxy"
    absolute = Proxied.model_validate(document | {"ProxyCredentialsFile": "/run/key"}, context={"base": "/etc/orthanc"})
    assert absolute.ProxyCredentialsFile == "/run/key"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ProxyCredentialsFile": "key"}, "only beside a Proxy"),
        ({"Proxy": "http://name:Geheim@proxy:3128"}, "without name and password"),
        ({"Proxy": "http://proxy"}, "with its port"),
        ({"Proxy": "http://proxy:3128", "Url": "http://127.0.0.1/"}, "reached directly"),
    ],
    ids=["credentials alone", "a password in it", "no port", "on this machine"],
)
def test_a_proxy_that_cannot_be_is_refused_and_not_repeated(changed: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Proxied.model_validate({"Url": "http://pacs.example"} | changed)
    (problem,) = refused.value.errors(include_input=False)
    assert words in problem["msg"]
    assert "Geheim" not in problem["msg"]
