"""The dossiers of three sites answer what a data protection officer has to answer, each by what it really does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from plugin.cli import main
from tests.builders.dossier_sites import SITES, configuration
from tests.builders.pdf_text import text_of


@dataclass(frozen=True)
class Question:
    """A question, the chapter that answers it, and what stands there: at every site, and at one of the three."""

    asked: str
    chapter: str
    everywhere: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    node: tuple[str, ...] = ()


CHECKLIST = (
    Question("Who is responsible, and who is to be asked?", "1.", ("Clinic Musterstadt", "privacy@clinic.example")),
    Question("For what purposes, and on what basis?", "1.", ("treatment planning", "as our hospital law says")),
    Question("Whose data, and of which categories?", "2.", ("Patients of the hospital", "Data concerning health")),
    Question(
        "Who receives what?",
        "3.",
        local=("the hospital itself",),
        service=("Contour Services", "Germany", "processor", "DPA 2026-014", "gives signed receipts", "planning"),
        node=("Vendor Imaging", "United States", "controller", "Agreement 7", "gives no receipts"),
    ),
    Question(
        "Which way do the data go?",
        "4.",
        local=("draws the organs on this machine",),
        service=("at cloud",),
        node=("at box",),
    ),
    Question(
        "Which attributes leave?",
        "6.",
        ("(0028,0010)",),
        local=("keeps no patient characteristics",),
        node=("keeps patient characteristics", "(0010,1010)"),
    ),
    Question(
        "How long is what kept, and who sees to its end?",
        "7.",
        ("at most 24 hours", "10 years"),
        service=("a signed receipt of its listing",),
        node=("not verified; rests on the contract",),
    ),
    Question(
        "What protects it?",
        "8.",
        ("AES-256-GCM", "Disk encryption of all servers."),
        local=("Nobody outside this machine holds it",),
        service=("its signing key is pinned",),
        node=("only where DICOM over TLS is set up",),
    ),
    Question("How does a person get their rights?", "9.", ("Access, Article 15", "Erasure", "Objection")),
    Question(
        "What are the risks, for an impact assessment?",
        "10.",
        ("A face drawn",),
        local=("Images stay on this machine.", "a suspicion refuses"),
        service=("A service signs",),
        node=("A DICOM node confirms nothing", "is flagged and leaves"),
    ),
    Question("What may nobody claim of it?", "11.", ("That data are anonymous", "Legal compliance")),
    Question(
        "For whom are they personal data?",
        "12.",
        ("For the hospital they are personal data throughout",),
        local=("Nobody else receives images",),
        service=("it acts", "as a processor.", "is not given", "this dossier treats them so"),
        node=(
            "by a purpose of its own (controller)",
            "neither lift the pseudonymisation",
            "Sex, age below",
        ),
    ),
    Question(
        "What must the contract forbid?",
        "12.",
        service=("not to compare them with other data",),
        node=("not to compare them with other data",),
    ),
    Question(
        "Where can nobody tell whose they are, and who works there?",
        "13.",
        ("Not isolated from its administrators",),
        service=("The segmentation service at contour.example", "those of Contour Services"),
        node=("whoever of Vendor Imaging can reach its storage",),
    ),
    Question(
        "What are patients told?",
        "14.",
        ("Clinic Musterstadt", "[to be completed: the authority]"),
        local=("nobody outside the hospital receives them", "none: said so"),
        service=("Contour Services, Ring 2, 10115 Berlin, Germany; on our behalf.", "signs that it did", "planning"),
        node=(
            "Vendor Imaging, United States; responsible by itself.",
            "it does not confirm it to us",
            "Safeguards: standard contractual clauses.",
        ),
    ),
    Question(
        "Who is deployer, who is provider, and since when?",
        "15.",
        ("Deployer: it uses the system", "From 2 August 2028", "Since 2 February 2025"),
        service=("Whoever operates the service",),
        node=("The manufacturer of the system behind the node",),
    ),
    Question(
        "Are logs kept for six months?",
        "15.",
        ("Chain of records", "the site decides"),
        local=("3 months; their sums by month stay", "no"),
        service=("Logs that are made at cloud", "Comparisons with what people changed"),
        node=("Logs that are made at box",),
    ),
    Question(
        "Do people oversee it, and is it watched?",
        "15.",
        ("UNAPPROVED",),
        local=("Charts of what people change", "no constancy test", "are on record, ROI by ROI"),
        service=("constancy tests of organs", "are on record, ROI by ROI"),
        node=("are switched off (Quality.Enabled)",),
    ),
    Question(
        "What is in the file of an in-house device?",
        "16.",
        ("a public declaration", "the site enters"),
        local=("hu-ct", "see the dossier of the running gateway", "no target outside this machine"),
        service=("organs", "not known here", "contours are drawn at cloud"),
        node=("vendor-model",),
    ),
    Question(
        "What does the supplier say of flaws, updates, logs and backup?",
        "17.",
        ("make sbom", "five working days", "docs/install.md", "autocontour backup"),
        local=("None: no image is sent out",),
        service=("cloud (segmentation service): Contour Services",),
        node=("box (DICOM node): Vendor Imaging",),
    ),
    Question(
        "What is left for a lawyer?",
        "18.",
        ("Legal basis", "Impact assessment", "Qualification", "Retention"),
        service=("Role of each recipient", "Third countries"),
        node=("nothing confirms the deletion",),
    ),
    Question("What does it rest on, and of which day?", "19.", ("C-413/23 P", "Of", "26 November 2026")),
    Question("To which configuration does it belong?", "20.", ("Configuration, SHA-256", "CONFIG_CHANGED")),
)

# What would be said of a site that it is not: in lower case, anywhere in its dossier.
NOT_SAID = {
    "local": (
        "they are then received by",
        "a signed receipt of",
        "a dicom node",
        "third countries: where",
        "contract has to",
    ),
    "service": ("dicom node:", "not verified; rests on", "it does not confirm it", "no image leaves"),
    "node": (
        "a signed receipt of",
        "signs that it did",
        "its signing key is pinned",
        "no image leaves",
        "tls, and the",
    ),
}


@pytest.fixture(scope="module")
def dossiers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[str, str]]:
    """The dossier of each site as the command prints it: Markdown, and the text of the PDF."""
    made = {}
    for name, section in SITES.items():
        folder = tmp_path_factory.mktemp(name)
        file = configuration(section, folder)
        for output in ("dossier.md", "dossier.pdf"):
            assert main(["evidence", "dossier", str(file), "-o", str(folder / output)]) == 0
        markdown = (folder / "dossier.md").read_text(encoding="utf-8")
        made[name] = markdown, text_of((folder / "dossier.pdf").read_bytes())
    return made


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("question", CHECKLIST, ids=lambda question: question.asked)
def test_each_question_is_answered_in_its_chapter(
    dossiers: Mapping[str, tuple[str, str]], question: Question, site: str
) -> None:
    answer = chapter(dossiers[site][0], question.chapter).casefold()
    expected = (*question.everywhere, *getattr(question, site))
    assert [said for said in expected if said.casefold() not in answer] == []


@pytest.mark.parametrize("site", SITES)
def test_nothing_is_said_of_a_site_that_it_is_not(dossiers: Mapping[str, tuple[str, str]], site: str) -> None:
    text = dossiers[site][0].casefold()
    assert [said for said in NOT_SAID[site] if said in text] == []


@pytest.mark.parametrize("site", SITES)
def test_the_paper_says_what_the_text_says(dossiers: Mapping[str, tuple[str, str]], site: str) -> None:
    markdown, paper = dossiers[site]
    headings = [line.lstrip("# ") for line in markdown.splitlines() if line.startswith("## ")]
    assert len(headings) == 20
    assert [heading for heading in headings if heading not in paper] == []
    for question in CHECKLIST:
        for said in (*question.everywhere, *getattr(question, site)):
            assert "".join(said.split()).casefold() in "".join(paper.split()).casefold(), (question.asked, said)


def test_the_guide_counts_the_questions_for_a_lawyer(dossiers: Mapping[str, tuple[str, str]]) -> None:
    counts = [chapter(dossiers[site][0], "18.").count("\n- ") for site in SITES]
    guide = (Path(__file__).parents[5] / "docs" / "dpo.md").read_text(encoding="utf-8")
    assert f"| {counts[0]} questions | {counts[1]} | {counts[2]} |" in guide


def chapter(markdown: str, number: str) -> str:
    """The text of a chapter, from its heading to the next one."""
    (found,) = [part for part in markdown.split("\n## ") if part.startswith(f"{number} ")]
    return found
