"""What ``autocontour check`` says of Orthanc's own TLS."""

from __future__ import annotations

from plugin.commands.orthanc_json import OrthancConfiguration
from plugin.settings.settings import ROOT


def tls_remarks(configuration: OrthancConfiguration) -> list[str]:
    """Say what Orthanc's TLS needs of the site, where it is on."""
    if not configuration.keys.get("SslEnabled"):
        return []
    remarks = [
        "SslEnabled: Debian's builds of Orthanc end at their first HTTPS request; try it before you rely on it "
        "(docs/operations.md, TLS of Orthanc)"
    ]
    section = configuration.keys.get(ROOT)
    tls = section.get("OrthancTls") if isinstance(section, dict) else None
    if configuration.keys.get("SslVerifyPeers") and not (isinstance(tls, dict) and tls.get("CertificateFile")):
        remarks.append(
            "SslVerifyPeers: Orthanc asks the gateway for a certificate; name one in "
            f"{ROOT}.OrthancTls.CertificateFile and KeyFile"
        )
    return remarks
