"""The dossier as files, and its place in the chain."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from model.evidence.chain import Chain
from model.evidence.event import Event
from model.evidence.record import START, Record, stamp
from plugin.evidence.dossier.chapters import SUBTITLE, TITLE, dossier_blocks
from plugin.evidence.dossier.processing import Processing
from plugin.evidence.paper.markdown import to_markdown
from plugin.evidence.paper.page import Cover, to_pdf
from plugin.evidence.paper.signature import PdfSeal, sign_pdf
from plugin.evidence.wording import second


def dossier_markdown(processing: Processing) -> str:
    """Print the dossier as Markdown: the same text for the same configuration and models."""
    return to_markdown(f"{TITLE}: {processing.evidence.site}", SUBTITLE, dossier_blocks(processing))


def dossier_pdf(processing: Processing, seal: PdfSeal | None = None, time: datetime | None = None) -> bytes:
    """Print the dossier as PDF, signed where a seal is given."""
    issued = second(stamp(time or datetime.now(UTC)))
    reference = f"Configuration {processing.configuration_digest[:16]}"
    pdf = to_pdf(Cover(TITLE, SUBTITLE, processing.evidence.site, reference, issued), dossier_blocks(processing))
    return pdf if seal is None else sign_pdf(pdf, seal, reason="Processing dossier")


def record_dossier(chain: Chain, processing: Processing) -> Record:
    """Record that the dossier of this configuration was issued, by the digest of its Markdown; once for each text."""
    digest = hashlib.sha256(dossier_markdown(processing).encode()).hexdigest()
    issued = chain.records(event=Event.DOSSIER_ISSUED)
    if issued and issued[-1].facts.get("digest") == digest:
        return issued[-1]
    return chain.append(Event.DOSSIER_ISSUED, None, {"digest": digest, "after": processing.configuration_digest})


def record_configuration(
    chain: Chain, digest: str, software_version: str, orthanc_version: str | None = None
) -> Record | None:
    """Record CONFIG_CHANGED when the configuration, or the software, is another than the last one on record.

    ``digest`` is ``configuration_digest`` of the section. Returns None when nothing changed.
    """
    changes = chain.records(event=Event.CONFIG_CHANGED)
    last = changes[-1].facts if changes else {}
    before = str(last.get("after", START))
    facts = {"before": before, "after": digest, "software_version": software_version}
    if orthanc_version is not None:
        facts["orthanc_version"] = orthanc_version
    if before == digest and all(last.get(name) == value for name, value in facts.items() if name != "before"):
        return None
    return chain.append(Event.CONFIG_CHANGED, None, facts)
