"""Codes of targets elsewhere and of channels that tell people."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

TARGETS = Chapter(
    "Targets",
    "targets",
    (
        Row(
            ("SERVICE_UNREACHABLE", "SERVICE_DNS", "SERVICE_TIMEOUT", "SERVICE_TLS_BROKEN", "SERVICE_BUSY"),
            Again.ITSELF,
            means="the service cannot be reached or takes nothing now; tried again while the transfer lives",
            way_out="the network, the `Url`, the service's operator",
        ),
        Row(
            ("SERVICE_REPLICA",),
            Again.ITSELF,
            means="of several services behind one address the one with the transfer cannot be reached; the series is "
            "sent anew to another after `FailoverSeconds`",
            way_out="that service's machine; its operator",
        ),
        Row(
            ("SERVICE_TLS", "SERVICE_CLOCK"),
            Again.RETRY,
            means="its certificate is not trusted here, or not valid at this machine's time; nothing was sent",
            way_out="`CaFile`, `Url`, both clocks",
        ),
        Row(
            ("SERVICE_TOKEN", "SERVICE_TOKEN_FILE"),
            Again.RETRY,
            means="it does not know our token or certificate; the `TokenFile` cannot be read",
            way_out="a new token from its operator; path and rights",
        ),
        Row(
            ("SERVICE_KEY",),
            Again.RETRY,
            means="it signs with another key than `ServiceKey`, or one not signed by `OperatorKey`; nothing was sent",
            way_out="its operator: was the key exchanged?",
        ),
        Row(
            (
                *("ATTESTATION_MISSING", "ATTESTATION_KIND", "ATTESTATION_MEASUREMENT", "ATTESTATION_STALE"),
                *("ATTESTATION_UNBOUND", "ATTESTATION_WRONG"),
            ),
            Again.RETRY,
            means=(
                "the target demands a quote of the service's machine (`Attestation`), and it gave none, one of another "
                "kind or software, one for another nonce, one that is not bound to its key, or a damaged one; nothing "
                "was sent"
            ),
            way_out="its operator: was the software or the key exchanged? Then `Measurements`",
        ),
        Row(
            ("SERVICE_FILES",),
            Again.RETRY,
            means="`CaFile`, `CertificateFile` or `KeyFile` of the target cannot be read",
            way_out="paths (relative ones start at the folder of Orthanc's configuration) and rights",
        ),
        Row(
            ("SERVICE_PROXY", "PROXY_CREDENTIALS"),
            Again.ITSELF,
            means=(
                "the target's `Proxy`, or something else on the way, answered in its place; the "
                "`ProxyCredentialsFile` cannot be read"
            ),
            way_out="the sentence says what; one line `name:password`, readable for Orthanc's user",
        ),
        Row(
            ("SERVICE_REFUSED", "SERVICE_TOO_LARGE", "SERVICE_FAILED"),
            Again.NO,
            means="it refused the request or the size, or could not draw",
            way_out="its operator",
        ),
        Row(
            ("SERVICE_ANSWER",),
            Again.RETRY,
            means="its answer cannot be understood; what may be a fault on the way is tried again",
            way_out="is `Url` that of a segmentation service? Else its operator, then `retry`",
        ),
        Row(
            ("SERVICE_DEADLINE",),
            Again.RETRY,
            means="it has not drawn the series within the target's `DeadlineMinutes`, or its key has ended",
            way_out="its operator; a longer `DeadlineMinutes`, then `retry`",
        ),
        Row(
            ("SERVICE_LOSES", "GONE"),
            Again.RETRY,
            means="it ended the transfer, or lost the series several times",
            way_out="its operator, then `retry`",
        ),
        Row(
            ("REMOTE",),
            Again.NO,
            means="it found something of the patient, refused the series and deleted it",
            way_out="`Findings` in the job; [privacy.md](privacy.md)",
        ),
        Row(
            ("RESTORE",),
            Again.NO,
            means="what came back is not stored: it is not the answer to what was sent",
            way_out="`Findings`; [privacy.md](privacy.md), its operator",
        ),
        Row(
            ("RECEIPT_MISSING", "RECEIPT_FOREIGN", "RECEIPT_NOT_DELETED"),
            Again.RETRY,
            means=(
                "a receipt of the service is missing, is for something else, or does not say that nothing is left; "
                "nothing was stored"
            ),
            way_out="its operator; tell the auditor",
        ),
        Row(
            ("MODALITY_UNKNOWN", "MODALITY_UNREACHABLE"),
            Again.RETRY,
            means="Orthanc does not know the DICOM node, or it takes no association",
            way_out="`DicomModalities`; its operator",
        ),
        Row(
            ("MODALITY_REFUSED", "MODALITY_ANSWER"),
            Again.NO,
            means=(
                "the node refuses the images with the DIMSE status named; Orthanc does not say that the node took one"
            ),
            way_out="its operator",
        ),
        Row(
            ("RETURN_DEADLINE", "RETURN_TWICE", "RETURN_PARTIAL"),
            Again.RETRY,
            means="the node sent no structure set in time, several, or one for a part of the slices",
            way_out="its operator; `DeadlineMinutes`, `Partial` ([service.md](service.md)); then `retry`",
        ),
        Row(
            ("NOTIFY_UNREACHABLE", "NOTIFY_TLS", "NOTIFY_LOGIN", "NOTIFY_REFUSED", "NOTIFY_FILE"),
            Again.ITSELF,
            means=(
                "in a warning of `/autocontour/health`: a channel of `Notify` cannot be reached, has another "
                "certificate, does not take the password or the message, or a file of it cannot be read"
            ),
            way_out="the sentence names the key; what waits is sent afterwards",
        ),
    ),
)
