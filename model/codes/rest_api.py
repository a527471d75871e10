"""Codes of the REST API of the gateway."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

REST_API = Chapter(
    "The REST API",
    "rest_api",
    (
        Row(
            ("GATEWAY_UNAVAILABLE", "STARTING"),
            Again.ITSELF,
            means="the gateway does not answer, or is starting; Orthanc goes on",
            way_out="the sentence says why; it is started again by itself",
        ),
        Row(
            ("UNAVAILABLE",),
            Again.ITSELF,
            means="`/health`: the gateway cannot work now",
            way_out="`Reasons` say why",
        ),
        Row(
            ("CONFIGURATION",),
            Again.NO,
            means="a key of `AutoContour` is wrong; contouring is off",
            way_out="correct it (`autocontour check`), restart Orthanc",
        ),
        Row(
            ("STATE_IN_USE",),
            Again.ITSELF,
            means=(
                "another gateway, whose process id is given, still has the state directory; this one begins when it "
                "has ended"
            ),
            way_out=(
                "an Orthanc that was killed lets go within seconds; give each Orthanc a `StateDirectory` of its own"
            ),
        ),
        Row(
            ("ANOTHER_INDEX",),
            Again.ITSELF,
            means=(
                "the change log of this gateway's Orthanc is not the one that the other gateways on its `Database` "
                "follow; it takes no work, and looks again every 5 s"
            ),
            way_out="an Orthanc on their index (`Listen.Orthanc.Url`), or a `Database` of its own",
        ),
        Row(
            ("FENCED",),
            Again.ITSELF,
            means=(
                "the other gateways of the database did not hear of this one for ten seconds and may go on with its "
                "jobs; it writes nothing more, and starts anew"
            ),
            way_out="look at the network between this gateway and PostgreSQL, and whether its machine stood still",
        ),
        Row(
            ("STATE_UNWRITABLE",),
            Again.ITSELF,
            means="the state directory cannot be made, written or locked; looked at again every 5 s",
            way_out="`chown` to Orthanc's user, mount its disk, or name another `StateDirectory`",
        ),
        Row(
            ("DATABASE_UNREACHABLE",),
            Again.ITSELF,
            means="PostgreSQL of `Database` does not answer; open jobs wait where they are",
            way_out="look whether it runs, and at the network between",
        ),
        Row(
            ("DATABASE_REFUSED",),
            Again.ITSELF,
            means="PostgreSQL refuses user, password or database, or the user lacks a right",
            way_out="PostgreSQL's own log says which; `Database`, `pg_hba.conf`, the owner of the database",
        ),
        Row(
            ("DATABASE_READ_ONLY",),
            Again.ITSELF,
            means="PostgreSQL can be read only: a standby, or one that is being recovered",
            way_out="name the primary in `Database`, or wait",
        ),
        Row(
            ("DATABASE_BUSY",),
            Again.ITSELF,
            means="PostgreSQL answers too slowly, has no connection left, or another gateway changes the tables",
            way_out="its load, `max_connections`, who holds locks (`pg_stat_activity`)",
        ),
        Row(
            ("FILTER_TAKEN",),
            Again.NO,
            means=(
                "a Python script of the site registered its filter of requests before ours, which keeps forms of "
                "other pages out: nothing can be changed, contouring works"
            ),
            way_out="import ours first (below)",
        ),
        Row(
            ("BUSY",),
            Again.REPEAT,
            means="16 requests already wait for the gateway; Orthanc's own answers stay quick",
            way_out="ask again after `Retry-After`; see why the gateway is slow",
        ),
        Row(
            ("TOKEN_REFUSED",),
            Again.REPEAT,
            means="somebody asked a gateway elsewhere without a token of its `Listen.TokenFile`; the plugin says so",
            way_out="the same token in `GatewayTokenFile` of that Orthanc; both files are read again when they change",
        ),
        Row(
            ("FOREIGN_HOST",),
            Again.REPEAT,
            means="the name in the address is not known here",
            way_out="ask by localhost, or name it in `AllowedHosts` ([security.md](security.md))",
        ),
        Row(
            ("FOREIGN_PAGE",),
            Again.REPEAT,
            means="a page from another address asked for a change; nothing was done",
            way_out="behind a proxy see [security.md](security.md)",
        ),
        Row(
            ("TOO_LARGE",),
            Again.NO,
            means="a body above 4 MB",
            way_out="no request of this API needs that much",
        ),
        Row(
            (
                "BAD_REQUEST",
                "BAD_QUESTION",
                "BAD_STATE",
                "BAD_TIME",
                "BAD_CURSOR",
                "BAD_PICK",
                "REPORT_MONTH",
                "TAGS_FORM",
            ),
            Again.REPEAT,
            means="something in the request does not have the form it must have",
            way_out="the sentence names it; `/autocontour/openapi.json` describes it",
        ),
        Row(
            (
                "NOT_FOUND",
                "NO_JOB",
                "NO_TARGET",
                "NO_ALERT",
                "NO_VERSION",
                "EVIDENCE_CODE",
                "EVIDENCE_UNKNOWN",
                "REPORT_UNKNOWN",
                "PREVIEW_PLANE",
                "PREVIEW_SLICE",
            ),
            Again.REPEAT,
            means="it does not exist",
            way_out="look at the id",
        ),
        Row(
            ("METHOD_NOT_ALLOWED",),
            Again.NO,
            means="the address takes another method (`Allow`)",
            way_out="",
        ),
        Row(
            ("SUBJECT_BY_PATH",),
            Again.REPEAT,
            means="a patient's right was asked for by an address",
            way_out="`POST /autocontour/subjects/…` with the PatientID in the body ([dpo.md](dpo.md))",
        ),
        Row(
            ("ERASE_PENDING",),
            Again.REPEAT,
            means="a job of the patient is still ending",
            way_out="ask for the erasure again in a minute",
        ),
        Row(
            ("NO_DESTINATION",),
            Again.REPEAT,
            means="the configuration has no destination of this name, or none was named and the job had none",
            way_out="`Destinations`; the sentence lists them",
        ),
        Row(
            ("JOB_ENDED", "JOB_STATE", "NO_RTSTRUCT", "NOT_DELIVERABLE"),
            Again.NO,
            means="the state of the job forbids it",
            way_out="look at the job",
        ),
    ),
)
