"""A service found something of the patient: what it says of that, in words of ours."""

from __future__ import annotations

from collections.abc import Mapping

from pydicom.datadict import tag_for_keyword

from model.errors import PrivacyRefused
from model.gate.reasons import GATE_REASONS, in_words
from model.gate.rules import Findings
from plugin.forward.records import known_rules


def rejection(target: str, findings: Mapping[str, int]) -> PrivacyRefused:
    """Make the error of a job whose series a target refused; texts of another party are not repeated."""
    counts: dict[str, int] = {}
    for key, count in findings.items():
        (rule,) = known_rules({key: 0})
        keyword = key.partition(":")[2]
        key = f"{rule}:{keyword}" if keyword and tag_for_keyword(keyword) is not None else rule
        counts[key] = counts.get(key, 0) + max(0, int(count))
    said = f": {in_words(Findings(counts), GATE_REASONS)}" if counts else ""
    return PrivacyRefused("REMOTE", f"The target {target} refused the series and deleted it{said}.", counts)
