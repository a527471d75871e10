"""What Prometheus is told: each number moves with what it counts, and dashboard and alert rules ask for what exists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from model.evidence.code import new_code
from plugin.gateway.operations.operations import Operations
from plugin.jobs.job import Stage, State
from plugin.jobs.store import JobStore
from plugin.state.database import open_database
from tests.builders.gateway_app import client_of, gateway_in
from tests.builders.jobs import a_job

MONITORING = Path(__file__).resolve().parents[5] / "docs" / "monitoring"
NAMES = re.compile(r"\bautocontour_[a-z_]+")


@pytest.fixture
def gateway(tmp_path: Path) -> Operations:
    hook = {"Name": "hook", "Type": "webhook", "Url": "http://localhost:9"}
    return gateway_in(tmp_path / "state", {"Notify": [hook]})


def told(gateway: Operations) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = client_of(gateway).get("/autocontour/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_jobs_that_end_are_counted_by_state_and_code(gateway: Operations) -> None:
    jobs = gateway.table

    def count(state: str, code: str) -> float:
        return told(gateway).get(("autocontour_jobs_ended_total", (("code", code), ("state", state))), 0.0)

    assert count("done", "") == 0.0
    for state, error in ((State.DONE, None), (State.FAILED, ("DISK_FULL", "Full.")), (State.FAILED, ("x y", "Odd."))):
        job, _ = jobs.add(a_job(evidence_code=new_code()))
        assert jobs.finish(job.id, state, error=error)
        assert not jobs.finish(job.id, state, error=error), "it has ended, and is counted once"
    stopped, _ = jobs.add(a_job(evidence_code=new_code()))
    assert jobs.stop(stopped.id, State.CANCELLED, ("CANCELLED", "By a user."))
    jobs.add(a_job(evidence_code=new_code(), state=State.EXCLUDED, error_code="EXCLUDED"))
    assert count("done", "") == 1.0
    assert count("failed", "DISK_FULL") == 1.0
    assert count("failed", "") == 1.0, "what has not the form of a code is no label"
    assert count("cancelled", "CANCELLED") == 1.0
    assert count("excluded", "EXCLUDED") == 1.0


def test_a_retry_takes_nothing_from_a_counter(gateway: Operations) -> None:
    job, _ = gateway.table.add(a_job(evidence_code=new_code()))
    gateway.table.finish(job.id, State.FAILED, error=("DISK_FULL", "Full."))
    gateway.table.reopen(job.id, new_code())
    key = ("autocontour_jobs_ended_total", (("code", "DISK_FULL"), ("state", "failed")))
    assert told(gateway)[key] == 1.0


def test_stages_are_timed(gateway: Operations) -> None:
    gateway.health.meters.took(Stage.DRAW, 7.0)
    found = told(gateway)
    assert found["autocontour_stage_seconds_sum", (("stage", "draw"),)] == 7.0
    assert found["autocontour_stage_seconds_bucket", (("le", "5.0"), ("stage", "draw"))] == 0.0
    assert found["autocontour_stage_seconds_bucket", (("le", "10.0"), ("stage", "draw"))] == 1.0


def test_the_age_of_queue_and_running_jobs_is_told_and_a_clock_ahead_is_no_age(gateway: Operations) -> None:
    before = told(gateway)
    assert before["autocontour_oldest_waiting_seconds", ()] == before["autocontour_oldest_running_seconds", ()] == 0.0
    gateway.table.add(a_job(state=State.WAITING, created=1000.0, evidence_code=new_code()))
    gateway.table.add(a_job(updated=9e9, evidence_code=new_code()))
    after = told(gateway)
    assert after["autocontour_oldest_waiting_seconds", ()] > 1e9
    assert after["autocontour_oldest_running_seconds", ()] == 0.0


def test_disk_release_series_and_channels_are_told(gateway: Operations) -> None:
    found = {name: value for (name, _), value in told(gateway).items()}
    assert 0 < found["autocontour_state_disk_free_bytes"] <= found["autocontour_state_disk_size_bytes"]
    assert found["autocontour_build_info"] == 1.0
    assert found["autocontour_series_arriving"] == found["autocontour_series_given_up"] == 0.0
    assert told(gateway)["autocontour_notifications_waiting", (("channel", "hook"),)] == 0.0


def test_no_label_is_an_id(gateway: Operations) -> None:
    job, _ = gateway.table.add(a_job(series="5e41e5ba", study="57d79ba", evidence_code=new_code()))
    gateway.table.finish(job.id, State.FAILED, error=("DISK_FULL", "Full."))
    text = client_of(gateway).get("/autocontour/metrics").text
    assert not {word for word in (job.id, "5e41e5ba", "57d79ba", str(job.evidence_code)) if word in text}


def test_an_empty_table_has_no_oldest_job(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    assert JobStore(engine).oldest(State.WAITING) is None
    assert JobStore(engine).oldest(State.RUNNING) is None


def asked_for() -> set[str]:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = (MONITORING / "alerts.yml").read_text(encoding="utf-8")
    expressions += re.findall(r"^ +expr: (.+)$", rules, re.MULTILINE)
    assert len(expressions) > 20
    return {name for expression in expressions for name in NAMES.findall(expression)}


def test_dashboard_and_rules_ask_for_metrics_that_exist(gateway: Operations) -> None:
    text = client_of(gateway).get("/autocontour/metrics").text
    declared = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)) | {name for name, _ in told(gateway)}
    assert asked_for() - declared == set()


def test_each_panel_has_its_place_and_no_other_panels() -> None:
    panels = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


CHECKOUT = Path(__file__).parents[5]
PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path=CHECKOUT / ".cache" / "tools")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="needs promtool: ./setup.sh test")


def promtool(*arguments: str) -> None:
    assert PROMTOOL is not None
    run = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@needs_promtool
def test_promtool_takes_the_rules() -> None:
    promtool("check", "rules", str(MONITORING / "alerts.yml"))


@needs_promtool
def test_the_rules_fire_when_they_should(tmp_path: Path) -> None:
    cases = Path(__file__).with_name("alerts_test.yml").read_text(encoding="utf-8")
    file = tmp_path / "alerts_test.yml"
    file.write_text(cases.replace("RULES", str(MONITORING / "alerts.yml")))
    promtool("test", "rules", str(file))


@needs_promtool
def test_promtool_takes_the_metrics(gateway: Operations) -> None:
    assert PROMTOOL is not None
    text = client_of(gateway).get("/autocontour/metrics").text
    run = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert run.returncode in (0, 3), run.stderr  # 3: remarks on style
    assert "error" not in run.stderr
