"""What no configuration and no source answers: for a lawyer, in plain words."""

from __future__ import annotations

from plugin.evidence.dossier.processing import Processing

ALWAYS = (
    "Legal basis: which one of Article 6, which condition of Article 9, and which national or regional hospital law "
    "beside them [L02]?",
    "Impact assessment: is it required here? Health data on a large scale and a new technology speak for it [L08].",
    "Professional secrecy: what do national criminal and professional law ask before others see such images?",
    "Notice: is a new one needed for images that were taken before it named this processing [L03]?",
    "Qualification: is the model, and is this software around it, a medical device, and of which class? A device "
    "without a CE mark may be used only as Article 5(5) allows [L18].",
    "AI Act: is the model high-risk, now that guidance calls in-house devices not high-risk [L17]? Does the hospital "
    "become its provider by training, changing or renaming it [L14]? Is there a use of Annex III in it [L16]?",
    "Retention: do medical, product liability or archive law ask for the records longer than they are kept, or data "
    "protection law for shorter [L06, L15]?",
    "NIS2: is the hospital an essential or important entity under national law, and what does that law ask of this "
    "software's operation [L20]?",
    "What will change: the proposals to amend the MDR [L21] and the definition of personal data [L22], and the final "
    "versions of both EDPB guidelines [L12, L13].",
)
_REMOTE = (
    "Role of each recipient: processor, joint or separate controller, by what it really decides and not by its title "
    "[L01, L05].",
    "Are the pseudonymised images personal data for a recipient that is no processor [L10]? Until that is answered, "
    "they are treated as if they were.",
    "Third countries: where do the recipient, its support and its subprocessors sit, and on what does a transfer rest "
    "[L09]?",
    "Device: whose device draws at the target, and is it used within its intended purpose? Drawing for another legal "
    "entity does not fit Article 5(5)(a) [L18].",
)
_NODE = "DICOM node: is a contract enough, where nothing confirms the deletion, and how is it audited [L05]?"


def questions(processing: Processing) -> tuple[str, ...]:
    """List what is left for a lawyer with this configuration."""
    return (*ALWAYS, *(_REMOTE if processing.remote else ()), *((_NODE,) if processing.nodes else ()))
