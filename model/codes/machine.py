"""Codes of the model and of the machine that draws."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

MACHINE = Chapter(
    "The model and this machine",
    "machine",
    (
        Row(
            ("MODEL_UNKNOWN",),
            Again.REPEAT,
            means=(
                "there is no model of that name, or its folder is gone or damaged; a request for one is refused at once"
            ),
            way_out="`autocontour models list`",
        ),
        Row(
            ("MODEL_LIMITS", "MODEL_MODALITY", "MODEL_EXTENT"),
            Again.NO,
            means=(
                "the series is not what the model is for: its limits ([models.md](models.md)), its modality, how much"
                " of the body it covers"
            ),
            way_out="a rule that chooses another model, or excludes such series",
        ),
        Row(
            ("MODEL_NOTHING", "NOTHING_DRAWN"),
            Again.NO,
            means="the model found no patient or organ that it knows, or none of its structures",
            way_out="is it the right model for this body part?",
        ),
        Row(
            ("MODEL_NUMBERS",),
            Again.NO,
            means="the network answered with infinity or with what is no number; nothing was drawn of it",
            way_out="`Precision` `fp32` where it was less; else the model is damaged: import it again",
        ),
        Row(
            ("NOTHING_WANTED", "NO_TEMPLATE"),
            Again.RETRY,
            means="the rule's template names nothing that was drawn, or was removed from the configuration",
            way_out="correct `Structures`, then `retry`",
        ),
        Row(
            ("LABELS_OUTSIDE",),
            Again.NO,
            means="a structure reaches beyond the slices",
            way_out="report it; for a label file see below",
        ),
        Row(
            ("SEG_NOT_INSTALLED", "ENGINE_NOT_INSTALLED"),
            Again.RETRY,
            means="highdicom (for a SEG) or what the model runs on is missing",
            way_out="`./setup.sh run`; the extra that the sentence names",
        ),
        Row(
            ("ENGINE_RAISED",),
            Again.NO,
            means="the model failed",
            way_out="report it with the text",
        ),
        Row(
            ("OUT_OF_MEMORY", "WORKER_DIED"),
            Again.RETRY,
            means="too little memory, or the worker was killed",
            way_out="more memory, fewer `Workers`, then `retry`",
        ),
        Row(
            ("WORKER_TIMEOUT",),
            Again.RETRY,
            means=(
                "longer than `JobSeconds`; without that key, `hu-ct` has 2 min and 1 s for each slice, a network 10 "
                "min and 5 s for each slice, at most 45 min"
            ),
            way_out="set `JobSeconds`, or use a faster machine",
        ),
        Row(
            ("STAGE_TIMEOUT",),
            Again.RETRY,
            means="pseudonymising or storing took longer than 5 min and 1 s for each slice; others went on",
            way_out="Orthanc's log and the disks; `retry`",
        ),
        Row(
            ("DISK_FULL",),
            Again.ITSELF,
            means="the disk of the state directory, or of PostgreSQL",
            way_out="free space: what waits goes on by itself; what is larger than the disk: `retry` on a larger one",
        ),
        Row(
            ("ERASE_FAILED",),
            Again.ITSELF,
            means="pseudonymised files could not be deleted",
            way_out="rights of the state directory; the next start tries again",
        ),
        Row(
            ("VAULT",),
            Again.RETRY,
            means="the vault cannot be used",
            way_out="disk and rights of the state directory",
        ),
        Row(
            ("TRANSFER_CLOSED", "TRANSFER_EXPIRED", "TRANSFER_UNKNOWN", "TRANSFER_DAMAGED", "TRANSFER_SOURCE"),
            Again.RETRY,
            means="the transfer's key is gone, or belongs to another series",
            way_out="`retry`",
        ),
        Row(
            ("GATEWAY_DIED",),
            Again.RETRY,
            means="the gateway ended three times while it worked on this job, which is given up",
            way_out="look in Orthanc's log and at the machine's memory; `retry`",
        ),
        Row(
            ("INTERRUPTED",),
            Again.RETRY,
            means="the gateway could not note how far the job was (a full disk, a broken database)",
            way_out="`retry`",
        ),
        Row(
            ("INTERNAL",),
            Again.RETRY,
            means="something unexpected; its type and place, never its text",
            way_out="report it; `retry` may help",
        ),
    ),
)
