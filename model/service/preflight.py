"""What an operator should know at start: not wrong enough to refuse it, and told by nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from model.service.settings import ServiceDocument
from model.service.spool import filesystem_of

SWAPS = Path("/proc/swaps")
WARN_DAYS = 14


def notices(
    settings: ServiceDocument, models: Collection[str], swaps: Path = SWAPS, now: datetime | None = None
) -> Iterator[str]:
    """Make sentences about the sites, the certificate and the spool; names of sites are the operator's own."""
    for name, site in settings.Sites.items():
        if not site.TokenSha256 and not site.CertificateNames:
            yield f"Sites.{name} has neither a token nor a certificate's name: nobody can send as {name}"
        unknown = [model for model in site.Models or () if model not in models]
        if unknown:
            yield (
                f"Sites.{name}.Models names {', '.join(unknown)}, which this service does not have; "
                f"it has: {', '.join(sorted(models))}"
            )
    if settings.Attestation is not None:
        yield (
            f"Attestation.Kind is {settings.Attestation.Kind}: its quotes prove nothing about hardware, and are for "
            "tests only"
        )
    if settings.Tls is not None:
        yield from _certificate(Path(settings.Tls.CertificateFile), now or datetime.now(UTC))
    if filesystem_of(Path(settings.Spool)) == "tmpfs" and _swaps(swaps):
        yield "Spool lies on tmpfs and swap is on: images may reach the swap device; turn swap off, or encrypt it"


def _certificate(path: Path, now: datetime) -> Iterator[str]:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < first or now > last:
        yield (
            f"Tls.CertificateFile is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}, and not now: gateways refuse it "
            "(SERVICE_CLOCK); renew it, or set the clock"
        )
    elif now > last - timedelta(days=WARN_DAYS):
        yield f"Tls.CertificateFile ends on {last:%Y-%m-%d}: renew it before, gateways refuse it from then on"


def _swaps(path: Path) -> bool:
    """Tell whether something is swapped to that is not memory itself (zram); proc(5)."""
    try:
        lines = path.read_text().splitlines()[1:]
    except OSError:
        return False
    return any(line.strip() and not line.startswith("/dev/zram") for line in lines)
