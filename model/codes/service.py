"""Codes of the segmentation service's API, as a client sees them."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

SERVICE = Chapter(
    "The segmentation service",
    "service",
    (
        Row(
            ("BAD_REQUEST", "CUT_OFF", "ENCODING", "MULTIPART", "MEDIA_TYPE"),
            Again.REPEAT,
            status="400, 415",
            means="something in the request does not have its form, or the connection broke (`CUT_OFF`)",
            way_out="correct the request; `CUT_OFF`: send that instance again",
        ),
        Row(
            ("TOKEN",),
            Again.REPEAT,
            status="401",
            means="neither the token nor the certificate is that of a site",
            way_out="ask the operator; after twenty of them from one address, one a second, the others 429",
        ),
        Row(
            ("NO_TRANSFER", "GONE", "EXPIRED", "STALLED", "RESTARTED", "STOPPED"),
            Again.SEND,
            status="404, 410",
            means="there is no such transfer, or it is over: the code is `GONE`, or what ended it",
            way_out="begin a new transfer with a new id",
        ),
        Row(
            ("SPOOL", "SPOOL_CHANGED"),
            Again.SEND,
            status="503",
            means="somebody else changed the folder of the images. `SPOOL_CHANGED`: the transfer was deleted",
            way_out="the operator must look",
        ),
        Row(
            ("SLOW", "TOO_MANY", "BUSY", "DRAINING", "SITES", "RECORDS"),
            Again.REPEAT,
            status="408, 429, 503",
            means=(
                "not now. `DRAINING`: the service is being stopped and takes no new transfers. "
                "`TOO_MANY`: transfers or connections of the site, wrong tokens, or more than thirty refused "
                "announcements of a site at once; a valid token is never slowed for what others of its address do. "
                "`RECORDS`: the disk of `StateDirectory` is full; nothing is done that cannot be signed for, and what "
                "is deleted meanwhile is signed for as soon as there is room"
            ),
            way_out="again after `Retry-After`",
        ),
        Row(
            ("OTHER_REPLICA",),
            Again.REPEAT,
            status="421",
            means="the transfer is at another of several services behind this address",
            way_out="again over a new connection, or at the `Location` of the answer that opened it",
        ),
        Row(
            ("TRANSFER_USED",),
            Again.SEND,
            status="409",
            means="a transfer of this id was announced before",
            way_out="begin a new transfer with a new id",
        ),
        Row(
            ("INCOMPLETE", "STARTED", "NOT_READY"),
            Again.REPEAT,
            status="409",
            means="the transfer's state forbids it",
            way_out="send what is missing; wait until it is ready",
        ),
        Row(
            ("ANCHOR_BACKWARDS",),
            Again.NO,
            status="409",
            means="the chain of evidence that was handed over is shorter than before, or another",
            way_out="call the auditor",
        ),
        Row(
            ("NO_QUOTE",),
            Again.NO,
            status="422",
            means="a quote of the service's machine was asked for, and it gives none",
            way_out="the operator: `Attestation`",
        ),
        Row(
            ("TOO_LARGE",),
            Again.NO,
            status="413",
            means="more instances or bytes than the site may send, or than the service holds",
            way_out="the limits of the site, by the operator",
        ),
        Row(
            ("GATE",),
            Again.NO,
            status="422",
            means="not pseudonymised (`Findings`); everything was deleted",
            way_out="look at `Findings`; the sender's software is wrong",
        ),
        Row(
            ("HEAD_KEY",),
            Again.REPEAT,
            status="422",
            means="the head of the chain is signed by a key that is not the site's",
            way_out="the operator registers the gateway's key under `ManifestKeys`",
        ),
        Row(
            ("MODEL_UNKNOWN", "MANIFEST_KEY", "SIGNATURE_KEY", "SIGNATURE_SHAPE", "SIGNATURE_WRONG"),
            Again.REPEAT,
            status="422",
            means="no such model for this site, or the manifest is not signed by its key; nothing was sent yet",
            way_out="`/v1/models`; the operator registers the key under `ManifestKeys`",
        ),
        Row(
            ("SPOOL_FULL",),
            Again.SEND,
            status="507",
            means="the folder of the images is full; the transfer was deleted",
            way_out="later",
        ),
    ),
)
