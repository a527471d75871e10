"""What a decision costs: 200 rules on one series, and reading the facts of 300 slices. No pixel is read.

Goals: under 2 ms to decide with 200 rules, every condition explained; under 300 ms for the facts of 300 slices.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from plugin.facts.completeness import completeness_of
from plugin.facts.series import facts_of, known_keywords
from plugin.facts.volumes import volumes_of
from routing.decide import decide
from routing.rules import read_rules
from tests.builders.orthanc_tags import series, slice_tags, tags

RULES, SLICES, FURTHER_TAGS = 200, 300, 90
PARTS = ("CHEST", "ABDOMEN", "PELVIS", "HEAD", "NECK", "SPINE", "THORAX", "BREAST")


def rules() -> list[dict[str, Any]]:
    """Rules as a large site has them: about five conditions each, of every kind; the last one alone matches."""
    made = []
    for number in range(RULES - 1):
        when = {
            "Modality": ["CT", "MR"],
            "BodyPartExamined": [PARTS[number % 8], PARTS[(number + 3) % 8]],
            "SeriesDescription": {"Pattern": f"(?i)protocol {number}\\b|prot_{number}"},
            "SliceThickness": {"Min": 0.5, "Max": 1 + number % 5},
            "Any": [{"StationName": f"CT_{number}*"}, {"Slices": {"Min": 20}, "Not": {"ImageType": "LOCALIZER"}}],
        }
        made.append({"Name": f"rule {number}", "When": when, "Then": {"Model": "hu-ct"}})
    return [*made, {"Name": "rest", "When": {"Modality": "CT"}, "Then": {"Model": "hu-ct"}}]


def slices() -> dict[str, dict[str, Any]]:
    """A CT of 300 slices with about 110 tags each, nested ones among them."""
    further = {f"0019,10{n:02x}": f"value {n}" for n in range(FURTHER_TAGS)}
    request = [{"RequestedProcedureDescription": "CT Thorax", "ScheduledProcedureStepID": "1"}]
    return series(
        *(
            slice_tags(
                1.25 * n,
                n + 1,
                BodyPartExamined="CHEST",
                SeriesDescription="Thorax nativ 1.25",
                StationName="CT_A",
                RequestAttributesSequence=request,
            )
            | tags(**further)
            for n in range(SLICES)
        )
    )


def best(what: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Milliseconds: the best and the median of some repeats."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        what()
        times.append(1000 * (time.perf_counter() - start))
    return min(times), statistics.median(times)


def main() -> None:
    """Measure and print a table."""
    document = rules()
    compiled, problems = read_rules(document, known_keywords())
    assert problems == []
    instances = slices()
    facts = facts_of(instances)
    explanation = decide(facts, compiled)
    assert [decision.rule for decision in explanation.decisions] == ["rest"]
    text = json.dumps(instances)
    rows = [
        (f"decide, {RULES} rules, every condition explained", 2.0, best(lambda: decide(facts, compiled), 200)),
        ("the same as JSON", None, best(lambda: explanation.to_json(redacted=True), 50)),
        (f"facts of {SLICES} slices", 300.0, best(lambda: facts_of(instances), 20)),
        ("facts, and the first decision on them", 300.0, best(lambda: decide(facts_of(instances), compiled), 20)),
        ("volumes told apart, and completeness", None, best(lambda: completeness_of(volumes_of(instances)), 20)),
        (f"Orthanc's JSON of {len(text) / 1e6:.1f} MB parsed", None, best(lambda: json.loads(text), 10)),
        (f"{RULES} rules read and compiled", None, best(lambda: read_rules(document, known_keywords()), 10)),
    ]
    print(f"{'routing':52} {'best ms':>9} {'median':>9} {'goal':>7}")
    for name, goal, (fastest, median) in rows:
        print(f"{name:52} {fastest:9.2f} {median:9.2f} {'' if goal is None else f'{goal:g}':>7}")


if __name__ == "__main__":
    main()
