"""The example for Kubernetes: valid by the schemas of Kubernetes itself, and of what the other container files make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

DOCKER = Path(__file__).parents[2] / "docker"
EXAMPLE = DOCKER / "kubernetes"
# The oldest that its makers still mend, and the newest that the schemas know.
RELEASES = ("1.34", "1.37")
KUSTOMIZATION = yaml.safe_load((EXAMPLE / "kustomization.yaml").read_text())


def objects() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in KUSTOMIZATION["resources"]:
        for one in yaml.safe_load_all((EXAMPLE / file).read_text()):
            yield f"{one['kind']} {one['metadata']['name']}", one


OBJECTS = dict(objects())
PODS = {name: one["spec"]["template"]["spec"] for name, one in OBJECTS.items() if "template" in one.get("spec", {})}


def test_the_example_has_all_parts() -> None:
    assert set(PODS) == {"Deployment orthanc", "StatefulSet gateway", "StatefulSet service-1", "StatefulSet service-2"}
    files = {path.name for path in EXAMPLE.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(KUSTOMIZATION["resources"])


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", OBJECTS)
def test_kubernetes_takes_each_object(name: str, release: str) -> None:
    kubernetes_validate.validate(OBJECTS[name], release, strict=True)


def test_an_object_with_a_wrong_key_is_not_taken() -> None:
    wrong = {**OBJECTS["Service gateways"], "spec": {"ports": [{"port": "many"}]}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, RELEASES[-1], strict=True)


@pytest.mark.parametrize("name", PODS)
def test_each_image_is_a_target_of_the_dockerfile(name: str) -> None:
    targets = set(re.findall(r"^FROM \S+ AS (\w+)$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE))
    for container in PODS[name]["containers"]:
        assert container["image"].removeprefix("autocontour-") in targets
        assert container["image"] in [image["name"] for image in KUSTOMIZATION["images"]]


@pytest.mark.parametrize("name", PODS)
def test_no_pod_may_do_more_than_it_needs(name: str) -> None:
    pod = PODS[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        allowed = container["securityContext"]
        assert allowed["readOnlyRootFilesystem"] is True
        assert allowed["allowPrivilegeEscalation"] is False
        assert allowed["capabilities"] == {"drop": ["ALL"]}
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        claimed = {claim["metadata"]["name"] for claim in OBJECTS[name]["spec"].get("volumeClaimTemplates", [])}
        assert mounted == {volume["name"] for volume in pod["volumes"]} | claimed


def test_images_lie_in_memory_at_a_service() -> None:
    for number in (1, 2):
        (spool,) = [one for one in PODS[f"StatefulSet service-{number}"]["volumes"] if one["name"] == "spool"]
        assert spool["emptyDir"]["medium"] == "Memory"


def test_each_service_of_the_network_leads_to_a_pod() -> None:
    labels = [one["spec"]["template"]["metadata"]["labels"] for name, one in OBJECTS.items() if name in PODS]
    for name, one in OBJECTS.items():
        if one["kind"] != "Service":
            continue
        selector = one["spec"]["selector"].items()
        assert any(selector <= found.items() for found in labels), name
