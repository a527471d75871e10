"""The sheet on this software as a supplied component, for a hospital that NIS2 binds."""

from __future__ import annotations

from plugin.evidence.dossier.processing import Processing
from plugin.evidence.paper.blocks import Block, Facts, Text


def supplier_sheet(processing: Processing) -> list[Block]:
    """Say what the hospital asks of a supplier, as far as configuration and repository answer it."""
    return [
        Text(
            "NIS2 asks an essential or important entity for security in its supply chain and in acquiring, developing "
            "and maintaining systems, flaws and their disclosure included, and to weigh each direct supplier's flaws, "
            "quality and way of developing [L20]. The hospital is the entity; whether it is one, national law says "
            "[L20]. This software is free and comes without a supplier's contract, so that support and times of "
            "reaction are whatever the site agrees with somebody, or takes upon itself."
        ),
        Facts(
            (
                ("Product", f"orthanc-autocontour {processing.software_version}, beside Orthanc, in its own processes"),
                (
                    "Components",
                    "Python packages pinned by version in requirements.lock; Orthanc, its plugins and DCMTK "
                    "from the system's packages. make sbom writes the list as CycloneDX, from the lock.",
                ),
                ("Suppliers behind it", _behind(processing)),
                (
                    "Known flaws",
                    "autocontour check and /autocontour/health compare the installed packages with a dated list of "
                    "published flaws; make audit asks the public data base for the locked packages.",
                ),
                (
                    "Reporting a flaw",
                    "SECURITY.md: in private, by the repository's form; an answer within five working days, with a "
                    "date for the fix.",
                ),
                (
                    "Updates",
                    "The newest release is supported; a fix is a new release, named in CHANGELOG.md under Security. "
                    "Upgrade and the way back are in docs/install.md, and tables are migrated by number.",
                ),
                (
                    "How it is developed",
                    "Tests before a change lands, attacks among them (docs/security.md names a test for each entry "
                    "point); types and imports checked; releases by a written list (CONTRIBUTING.md).",
                ),
                ("Access and encryption", _access(processing)),
                ("Logging", _logging(processing)),
                (
                    "Backup",
                    "autocontour backup copies state and evidence, and no images and no keys of patients; the site "
                    "runs it, and tries autocontour restore."
                    + (" Tables in PostgreSQL are copied with pg_dump." if processing.shared_database else ""),
                ),
                (
                    "Without it",
                    "The archive goes on: contouring is an addition, and series wait. Nobody else's system is needed "
                    "to read what it stored (DICOM, JSON, PDF).",
                ),
                (
                    "Incidents",
                    "Alerts in /autocontour/health, the metrics and the monthly report; reporting to the authority or "
                    "CSIRT is the hospital's [L20].",
                ),
            )
        ),
    ]


def _behind(processing: Processing) -> str:
    if not processing.remote:
        return "None: no image is sent out with this configuration. Whoever made the models is named in their packages."
    lines = []
    for place in processing.remote:
        who = processing.recipient(place)
        kind = "segmentation service" if place.kind == "service" else "DICOM node"
        lines.append(f"{place.name} ({kind}): {'not named in the configuration' if who is None else who.Name}")
    return "\n".join(lines) + "\nEach is a direct supplier with a sheet of its own."


def _access(processing: Processing) -> str:
    lines = ["Users and permissions of Orthanc; keys of transfers encrypted at rest."]
    if processing.services:
        lines.append("To services: TLS, and the service's signing key is pinned.")
    if processing.nodes:
        lines.append("To DICOM nodes: as Orthanc's configuration says, which this document does not read.")
    return " ".join(lines)


def _logging(processing: Processing) -> str:
    evidence = processing.evidence
    audit = (
        "every event also goes to the hospital's audit repository"
        if evidence.Audit is not None
        else "no audit repository is configured (Evidence.Audit)"
    )
    return (
        f"A signed chain of every step, kept {evidence.RecordYears} years; {audit}. No name or number of a patient in "
        "any line."
    )
