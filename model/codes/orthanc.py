"""Codes of Orthanc: it did not do what was asked, or not as it was asked."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

ORTHANC = Chapter(
    "Orthanc",
    "orthanc",
    (
        Row(
            ("ORTHANC_UNREACHABLE", "ORTHANC_DENIED", "ORTHANC_ERROR", "ORTHANC_REFUSED"),
            Again.RETRY,
            means="Orthanc did not do what was asked",
            way_out="Orthanc's log; then `retry`",
        ),
        Row(
            ("ORTHANC_CERTIFICATE",),
            Again.ITSELF,
            means=(
                "a certificate between the gateway and Orthanc is not right: Orthanc's is not the one in the file "
                "that `SslCertificate` names or that file cannot be read, or it asks for one of ours"
            ),
            way_out="the sentence says which; [TLS of Orthanc](#tls-of-orthanc)",
        ),
        Row(
            ("ORTHANC_PROXY",),
            Again.ITSELF,
            means="something between the gateway and Orthanc answered in its place",
            way_out="the proxy or load balancer there; the job is tried again",
        ),
        Row(
            ("ORTHANC_FULL", "ORTHANC_READ_ONLY"),
            Again.RETRY,
            means="Orthanc's disk or `MaximumStorageSize` is full; its disk is read-only, or it runs with `ReadOnly`",
            way_out="make room, or let it write; then `retry`",
        ),
        Row(
            ("STORE_FILTERED",),
            Again.RETRY,
            means="a filter of the site (Lua `ReceivedInstanceFilter`, a plugin) drops RTSTRUCTs; Orthanc answered 200",
            way_out="let them in, then `retry`",
        ),
        Row(
            ("STORE_CHANGED", "STORE_NOT_KEPT", "STORE_OTHER", "STORE_REFUSED"),
            Again.RETRY,
            means=(
                "what Orthanc hands out differs from what it was given (`IngestTranscoding`, a script), is gone at "
                "once, is another object of this UID, or was never taken"
            ),
            way_out="the sentence says which; nothing is attested, and what was changed was removed",
        ),
        Row(
            ("STORED_ELSEWHERE",),
            Again.NO,
            means="Orthanc put the RTSTRUCT under another study; it was removed",
            way_out="report it",
        ),
    ),
)
