"""Every place where the gateway keeps something, and what of it leads to a patient: the list that an erasure covers.

A test fails when a table, a column or a file of the state directory is not in it; docs/dpo.md prints it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns by whom they lead to, and what an erasure does with the rows of a patient.

    ``patient`` columns hold Orthanc's ids, UIDs or digests of them: made of the patient's identifiers, so that whoever
    knows a patient can tell. ``keyed`` columns hold an HMAC under the site's key. ``random`` columns hold our own
    random numbers, which lead to nobody once no other column does. The ``rest`` is nobody's.
    """

    name: str
    erased: str
    patient: tuple[str, ...] = ()
    keyed: tuple[str, ...] = ()
    random: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Every column, however it is meant."""
        return frozenset((*self.patient, *self.keyed, *self.random, *self.rest))


@dataclass(frozen=True, slots=True)
class Files:
    """Files of the state directory, by a pattern below it, and what an erasure does with them."""

    pattern: str
    holds: str
    erased: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A place that is not the gateway's, and what becomes there of what came from it."""

    place: str
    holds: str
    erased: str


NOBODYS = "nothing of a patient is in it"
DELETED = "deleted"
UNLINKED = "stays, as nothing leads to it any more"


def _table(name: str, erased: str, *, patient: str = "", keyed: str = "", random: str = "", rest: str = "") -> Table:
    return Table(name, erased, *(tuple(words.split()) for words in (patient, keyed, random, rest)))


TABLES: tuple[Table, ...] = (
    _table(
        "jobs",
        DELETED,
        patient="key series study content rtstruct details",
        random="id evidence_code",
        rest="rule model target priority state stage progress created updated attempt instances error_code "
        "error_message starts flagged gateway takeovers hours turn",
    ),
    _table("series", DELETED, patient="id content", rest="last_arrival pending outcome due"),
    _table(
        "structure_sets",
        DELETED,
        patient="instance series study images file",
        rest="state code looked approved reviewed noted tries next_try",
    ),
    _table(
        "comparisons",
        DELETED,
        patient="instance",
        random="job evidence_code",
        rest="state code link late approved reviewed effective at model digest target scanner added warnings tries "
        "next_try",
    ),
    _table(
        "compared_rois",
        "deleted; its numbers are added to the sums of their month",
        patient="instance",
        random="job",
        rest="number structure verdict code reason numbers",
    ),
    _table(
        "compared_months",
        "stays: sums of a month, which lead to nobody",
        rest="month structure model digest target verdict rois measured dice mean_surface_distance added_path_length",
    ),
    _table(
        "study_labels", "deleted within minutes, once the label is off the study", patient="study", rest="label taken"
    ),
    _table(
        "deliveries",
        DELETED,
        random="job mark",
        rest="attempt destination serial rank state step proof status tries looks noted sent at next_try deadline",
    ),
    _table("told_deliveries", DELETED, random="job", rest="attempt destination serial channel"),
    _table("notifications", DELETED, random="job", rest="attempt channel state noted tries"),
    _table(
        "handed_over",
        "stays until the gateway that was lost has erased its own part; nothing leads to it any more",
        random="job evidence_code",
        rest="attempt takeovers gateway taker at cleared",
    ),
    _table("subject_entries", DELETED, keyed="lookup", random="code"),
    _table("subject_objections", "stays, or the objection could not be honoured", keyed="lookup", rest="since"),
    _table(
        "transfers",
        "stays without its key, which is destroyed",
        random="id",
        rest="state created expires destroyed",
    ),
    _table("transfer_keys", "deleted: the key and the series it is of, encrypted", random="id", rest="sealed"),
    _table(
        "chain_records",
        "stays: a copy of the chain of records, which knows no patient",
        random="code",
        rest="gateway sequence month event line",
    ),
    _table("chain_heads", NOBODYS, rest="gateway key public head"),
    _table("change_marks", "overwritten by the next changes in Orthanc", patient="digest", rest="sequence"),
    _table("cursor", NOBODYS, rest="name value"),
    _table("targets", NOBODYS, rest="name paused failures next_try reason"),
    _table("notify_channels", NOBODYS, rest="name"),
    _table("acknowledged_alerts", NOBODYS, rest="alert at structure model target level"),
    _table("told_alerts", NOBODYS, rest="alert channel"),
    _table(
        "constancy_runs",
        "stays: it draws a series of the site's own choice, time and again, which should be a phantom",
        patient="content source digest",
        random="id evidence_code",
        rest="number test started seconds outcome code message baseline model_digest model_version rois",
    ),
    _table("commissioned", NOBODYS, rest="report model target digest version cases at span baseline"),
    _table("face_proofs", NOBODYS, rest="report model target digest cases at structures"),
    _table("group_secrets", NOBODYS, rest="name sealed"),
    _table("gateways", NOBODYS, rest="id number host version epoch started seen backend leads fenced reasons"),
    _table("alembic_version", NOBODYS, rest="version_num"),
)

FILES: tuple[Files, ...] = (
    Files("jobs.sqlite*", "the tables above, where the site has no PostgreSQL", "as its tables; rows are overwritten"),
    Files("workflows.sqlite*", "our own numbers of jobs, and a code where one failed", UNLINKED),
    Files("spool/*", "pseudonymised images and contours of open jobs", DELETED),
    Files("vault/*", "keys of open transfers and references to their sources, encrypted", "the keys are destroyed"),
    Files("evidence/chain/**", "records: counts, digests, random codes, times", UNLINKED),
    Files("evidence/receipts/*", "signed receipts of services, by random numbers of transfers", UNLINKED),
    Files("evidence/reports/*", "monthly reports: totals, and each transfer by its random code", UNLINKED),
    Files("evidence/*", "keys of the site, and how far heads, alerts and audit messages were given away", NOBODYS),
    Files("*", "locks, numbers of layouts, and the gateway's own number", NOBODYS),
)

PLACES: tuple[Elsewhere, ...] = (
    Elsewhere(
        "Orthanc",
        "the images, our RTSTRUCT and SEG, and the SR of a decision, beside them: the medical record",
        "stays; delete it there",
    ),
    Elsewhere(
        "Orthanc's log",
        "Orthanc's own ids of series, by which the gateway tells of them",
        "as long as the site keeps logs",
    ),
    Elsewhere(
        "a destination (`Deliver`)",
        "what was delivered: the medical record there",
        "stays, the answer names the destinations; files that a cut-off attempt left in a folder are deleted",
    ),
    Elsewhere("a segmentation service", "pseudonymised images of open jobs", "deleted there, with a signed receipt"),
    Elsewhere("a DICOM node as target", "pseudonymised images", "deleted there by contract; nothing verifies it"),
    Elsewhere("channels of `Notify`, audit repository, webhook", "our own random numbers, codes and counts", UNLINKED),
    Elsewhere(
        "PostgreSQL's log of writes, replicas, backups", "older states of the tables", "as long as the site keeps them"
    ),
)


def as_page() -> str:
    """Return the lists as docs/dpo.md shows them."""
    lines = ["| table | leads to a patient | keyed (HMAC) | our own random numbers | when the patient is erased |"]
    lines += ["|---|---|---|---|---|"]
    lines += [
        f"| `{one.name}` | {_named(one.patient)} | {_named(one.keyed)} | {_named(one.random)} | {one.erased} |"
        for one in TABLES
    ]
    lines += ["", "| in the state directory | holds | when the patient is erased |", "|---|---|---|"]
    lines += [f"| `{one.pattern}` | {one.holds} | {one.erased} |" for one in FILES]
    lines += ["", "| elsewhere | holds | when the patient is erased |", "|---|---|---|"]
    lines += [f"| {one.place} | {one.holds} | {one.erased} |" for one in PLACES]
    return "\n".join(lines) + "\n"


def _named(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in columns)


def erased_tables() -> tuple[str, ...]:
    """Return the tables of which an erasure deletes rows that lead to a patient."""
    return tuple(one.name for one in TABLES if (one.patient or one.keyed) and one.erased.startswith("deleted"))
