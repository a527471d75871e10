"""What ``autocontour check`` says of the removal of faces."""

from __future__ import annotations

from plugin.settings.settings import LOCAL, Settings


def face_remarks(settings: Settings) -> list[str]:
    """Say for which rules the face stays, whatever is proven: those that do not name what they want."""
    if not settings.privacy.remove_face:
        return []
    sent = [rule for rule in settings.rules if rule.model and rule.target != LOCAL]
    open_ended = [
        rule.name
        for rule in sent
        if rule.structures is None or any(mark in name for name in _rois(settings, rule.structures) for mark in "*?[")
    ]
    remarks = [
        f'Privacy.Face: the rule "{name}" does not name the structures that it wants (Structures), so the face stays.'
        for name in open_ended
    ]
    if len(sent) > len(open_ended):
        remarks.append(
            "Privacy.Face: the face is removed only where a proof is registered (autocontour commission --face); "
            "health says for which model it is not."
        )
    return remarks


def _rois(settings: Settings, template: str) -> tuple[str, ...]:
    selection = settings.templates.get(template)
    return () if selection is None else selection.rois
