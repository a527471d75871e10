"""For whom pseudonymised data are personal data, and in which domains nobody can tell whose they are."""

from __future__ import annotations

from model.gate.profile import Option
from plugin.evidence.dossier.processing import Destination, Processing
from plugin.evidence.paper.blocks import Block, Bullets, Facts, Heading, Table, Text

HOSPITAL = (
    "For the hospital they are personal data throughout: it holds the original images, and while a transfer is open "
    "the key [L01, L10]. Destroying the key does not change that, as whoever holds the originals can recognise the "
    "copy by its pixels."
)
DUTY = (
    "Recipients are named to the persons concerned whatever the data are for the recipient: the Court judges that duty "
    "from the controller's side, at the time of collection [L10]."
)
KEPT_BACK = (
    "The key and the table of pseudonyms; names, numbers, dates, original UIDs, free text, private attributes, and the "
    "hospital's name in the files."
)
_PROCESSOR = (
    "As a processor. In the EDPB's draft whoever processes on behalf of a controller is judged from that controller's "
    "side, so that the data are personal data for it too [L13]. This dossier treats them so; a contract under Article "
    "28 is needed [L05]."
)
_OWN = (
    "By a purpose of its own ({role}). It is judged from its own side: the data are personal data for it unless it can "
    "neither lift the pseudonymisation nor attribute the data by other means, such as cross-checking [L10]. The "
    "software cannot answer that; until the site has, this dossier treats them as personal data."
)
_UNNAMED = (
    "Not named in the configuration (Evidence.Recipients). Until it is, this dossier treats it as a processor, for "
    "which the data are personal data as they are for the hospital [L05, L13]."
)


def perspectives(processing: Processing) -> list[Block]:
    """Say what the data are for the hospital, and for each recipient."""
    blocks: list[Block] = [Text(HOSPITAL)]
    if not processing.remote:
        alone = "Nobody else receives images with this configuration, so that there is no recipient to ask it for."
        return [*blocks, Text(alone)]
    blocks.append(
        Text(
            "For a recipient it depends on the recipient: pseudonymised data are not personal data in all cases and "
            "for every person; where it cannot be ruled out that a recipient has means to attribute them, they are "
            "[L10]. "
            "The EDPB's draft of January 2025 took them to be personal data in any hands [L12], its draft of July 2026 "
            "judges each entity by its own means, and a processor by those of the controller [L13]; neither is final."
        )
    )
    blocks.append(Text(DUTY))
    for place in processing.remote:
        blocks += _recipient(processing, place)
    return blocks


def _recipient(processing: Processing, place: Destination) -> list[Block]:
    who = processing.recipient(place)
    acts = _UNNAMED
    if who is not None:
        acts = _PROCESSOR if who.Role == "processor" else _OWN.format(role=who.Role)
    knows = "The hospital as the sender, and the time; pixels and geometry, which are exact."
    if Option.PATIENT_CHARACTERISTICS in processing.privacy.options:
        knows += " Sex, age below 90 years, size and weight, which this configuration keeps."
    contract = (
        "Not to attempt to attribute the images, not to compare them with other data, not to use them for anything "
        "else, not to pass them on."
    )
    if who is None or not who.Contract:
        contract += " No contract is named in the configuration."
    else:
        contract += f" Named: {who.Contract}; whether it says so was not looked at."
    return [
        Heading(f"The recipient behind {place.name}", 2),
        Facts(
            (
                ("It acts", acts),
                ("It is not given", KEPT_BACK),
                ("It knows", knows),
                (
                    "By what it could attribute",
                    "An original of the same image, which it might hold for another reason; a face, drawn from a "
                    "volume of the head; text in the pixels that nobody found; the case itself, to those who know it.",
                ),
                ("What the contract has to forbid", contract),
            )
        ),
    ]


def domains(processing: Processing) -> list[Block]:
    """List the pseudonymisation domains: who is in each, and what stays outside."""
    rows = [
        (
            "local",
            "The worker processes of this machine, which draw. Not isolated from its administrators: while a job is "
            "open they can reach its key.",
            "Pseudonymised files of one series at a time",
            "Key and table of pseudonyms (in the vault, encrypted), original series",
        )
    ]
    rows += [_domain(processing, place) for place in processing.remote]
    return [
        Text(
            "The EDPB's draft calls the context in which attribution is to be impossible the pseudonymisation domain, "
            "often all authorised recipients; the additional information, as keys and tables of pseudonyms, must not "
            "enter it [L12]."
        ),
        Table(("Domain", "Who is in it", "What it holds", "What stays outside"), tuple(rows), (1.2, 3.6, 2.4, 2.8)),
        Bullets(
            (
                "Each transfer has a key of its own: what one domain received at two times has no pseudonym in common.",
                "Contours come back under pseudonyms and get their patient in the hospital, outside every domain.",
                "An unauthorised reversal in a domain is for the controller to judge as a breach of personal data "
                "[L07].",
            )
        ),
    ]


def _domain(processing: Processing, place: Destination) -> tuple[str, str, str, str]:
    who = processing.recipient(place)
    name = "its operator, not named in the configuration" if who is None else who.Name
    outside = "Key, table of pseudonyms, original series: in the hospital, never sent"
    if place.kind == "service":
        inside = f"The segmentation service at {place.address} and those of {name} who can reach its spool."
        return place.name, inside, "Images until the contours are fetched; in memory, or on an encrypted disk", outside
    inside = f"The DICOM node ({place.address}) and whoever of {name} can reach its storage; DICOM does not tell who."
    return place.name, inside, "Images for as long as the node keeps them; it gives no receipt", outside
