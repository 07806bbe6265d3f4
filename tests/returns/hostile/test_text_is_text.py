"""Does text of a return stay text wherever it is shown, and does personal data stay out
of all that is written?
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from defects.returns import CsvDraft, WorkbookDraft, good_workbook
from here import run_here

from hostile.forms import REPORT, ROOT, ROUND, contracts
from pipeline.contracts.layout import SOURCE_FIELD
from pipeline.project import Project
from pipeline.report.document.compose import build_document
from pipeline.report.printing import Printing

MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{7*7}}{% raw %}",
    "[x](javascript:alert(1))",
    "<b>bold</b>",
    "&lt;i&gt;",
    "'\"><svg onload=alert(1)>",
    "${7*7}",
    "[bold red]x[/]",
)
NOTE = " ".join(MARKUP)
# Invented data of persons, each in a place of its own.
PERSONAL = {
    "note": "ion.popescu@police.example",
    "note typed as a number": "1800101280007",
    "cover": "+40 722 123 456",
    "cover typed as a number": "8001014003",
    "label": "J05101123W",
    "outside": "RO49AAAA1B31007593840000",
    "outside typed as a number": "6050505400002",
    "head": "30501011232",
    "status": "10000000214",
    "sheet": "0101980820123",
    "file": "10000000146",
    "reason": "18001011238",
    "csv field": "2002001234563",
    "csv note": "0101980450121",
    "csv cover": "B 123 ABC",
    "csv cover field": "0101980210120",
    "hidden letters": "maria\u200b.ionescu@police.example",
}


@dataclass
class Shown:
    """A round with hostile text everywhere: where it was written, and what the commands
    printed.
    """

    project: Project
    printed: str

    @property
    def findings(self) -> list[dict[str, str]]:
        path = self.project.findings(ROUND) / "findings.json"
        found: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))["findings"]
        return found


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("text")
    target = folder / "returns" / str(ROUND) / REPORT
    target.mkdir(parents=True)
    (target.parent / f"note of {PERSONAL['file']}.txt").write_bytes(b"x")
    (target / "<img src=x onerror=alert(1)>{{7*7}}.xlsx").write_bytes(b"x")
    (target / "HU.xlsx").write_bytes(good_workbook(REPORT, "HU"))
    _with_markup("RO").write(target)
    _with_persons("BG").write(target)
    _csv_with_persons("MK").write(target)
    with (target / "MK.cover.csv").open("a", encoding="utf-8") as cover:
        cover.write(f"{PERSONAL['csv cover field']},x\n")
    withdrawn = f"table,reason\nOCT_TERROR_ATTACKS,asked by {PERSONAL['reason']}\n"
    (target / "BG.2.withdrawn.csv").write_text(withdrawn, encoding="utf-8")
    project = Project(ROOT, folder / "outputs", folder / "returns")
    environment = {
        **os.environ,
        "SELEC_OUTPUTS": str(project.outputs),
        "SELEC_RETURNS": str(project.returns),
    }
    printed = ""
    for command in (
        ["validate", "--round", str(ROUND)],
        ["numbers", "--round", str(ROUND)],
        ["explain", "--round", str(ROUND), f"OCT_DRUG_OFFENCES:RO.{ROUND}"],
    ):
        done = run_here(*command, environment=environment)
        assert done.returncode == 0, done.stderr
        printed += done.stdout + done.stderr
    return Shown(project, printed)


def _with_markup(state: str) -> WorkbookDraft:
    """A good workbook with markup in notes, sources, labels, codes, statuses and
    figures that are asked about.
    """
    draft = WorkbookDraft(REPORT, state)
    draft.note("OCT_DRUG_OFFENCES").value = NOTE
    draft.note("OCT_DRUG_KG", "HER").value = NOTE
    draft.figure("OCT_DRUG_KG", "HER").value = "12.50001"  # rounded: a note of ours beside its
    draft.cover(SOURCE_FIELD + "OCT_DRUG_OFFENCES").value = NOTE
    draft.cover("authority").value = NOTE
    draft.sheet("OCT_DRUG_OFFENCES").cell(2, 8).value = NOTE
    draft.figure("OCT_TERROR_ATTACKS", "_T").value = NOTE
    draft.status("OCT_DRUG_OFFENCES").value = "B"
    draft.sheet("OCT_DRUG_OFFENCES").cell(5, 2).value = NOTE
    draft.book.create_sheet("<b>{{7+7}}<i>")["A1"] = NOTE
    return draft


def _with_persons(state: str) -> WorkbookDraft:
    draft = WorkbookDraft(REPORT, state)
    draft.note("OCT_DRUG_OFFENCES").value = f"Ask {PERSONAL['note']}"
    draft.note("OCT_DRUG_KG", "HER").value = int(PERSONAL["note typed as a number"])
    draft.note("OCT_DRUG_KG", "COC").value = PERSONAL["hidden letters"]
    draft.cover("contact").value = PERSONAL["cover"]
    draft.cover("authority").value = int(PERSONAL["cover typed as a number"])
    sheet = draft.sheet("OCT_DRUG_OFFENCES")
    sheet.cell(5, 2).value = f"Label of {PERSONAL['label']}"
    sheet.cell(7, 20).value = PERSONAL["outside"]
    sheet.cell(8, 20).value = int(PERSONAL["outside typed as a number"])
    sheet.cell(6, 21).value = PERSONAL["head"]
    draft.status("OCT_DRUG_KG", "HER").value = PERSONAL["status"]
    draft.book.create_sheet(f"case {PERSONAL['sheet']}")["A1"] = 5
    return draft


def _csv_with_persons(state: str) -> CsvDraft:
    draft = CsvDraft(REPORT, state)
    draft.find("OCT_DRUG_OFFENCES")["note"] = f"JMBG {PERSONAL['csv note']}"
    draft.find("OCT_DRUG_KG", drug="HER")["drug"] = PERSONAL["csv field"]
    assert draft.answers is not None
    draft.answers["contact"] = f"car {PERSONAL['csv cover']}"
    return draft


# Markup.


@dataclass
class Tags(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its
    text.
    """

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _read(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    return tags


def _check_page(page: Tags) -> None:
    assert not {tag for tag, _ in page.tags} & {
        "script",
        "img",
        "b",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
    }
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "").lower().startswith(("javascript:", "data:"))


def test_no_findings_page_has_a_live_tag(shown: Shown) -> None:
    pages = sorted(shown.project.findings(ROUND).glob("*.html"))
    assert len(pages) == 14  # eleven states, the Center, all together, and what each rule means
    for path in pages:
        page = _read(path.read_text(encoding="utf-8"))
        assert "svg" not in {tag for tag, _ in page.tags}
        _check_page(page)
    romania = "".join(
        _read((shown.project.findings(ROUND) / "RO.html").read_text(encoding="utf-8")).text
    )
    for markup in MARKUP:
        assert markup in romania
    assert "<b>{{7+7}}<i>" in romania


def test_text_is_text_in_the_restricted_report(shown: Shown, tmp_path: Path) -> None:
    """Without the page on method: it says where the returns of the round are from, and
    stops a build of others.
    """
    store = Printing(
        shown.project.store(ROUND, REPORT, "restricted"),
        contracts(),
        report=REPORT,
        version="restricted",
    )
    templates = Path(shutil.copytree(shown.project.templates, tmp_path / "templates"))
    description = templates / REPORT / "report.yaml"
    text = description.read_text(encoding="utf-8")
    description.write_text(text.replace("    - method\n", ""), encoding="utf-8")
    page = _read(build_document(store, templates).html)
    assert not {tag for tag, _ in page.tags} & {
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
    }
    assert [a for tag, a in page.tags if tag == "img" and a.get("src") == "x"] == []
    _ = page.tags
    text = "".join(page.text)
    assert not [name for _, a in page.tags for name in a if name.startswith("on")]
    # the sources that the cover names, which stand apart by semicolons
    assert [part for part in NOTE.split(";") if part.strip() not in text] == []


def test_what_is_printed_steers_no_terminal(shown: Shown) -> None:
    assert all(c.isprintable() or c in "\n\t" for c in shown.printed)
    assert NOTE in shown.printed  # beside the figure that is explained


def test_findings_for_machines_hold_the_text_as_it_is(shown: Shown) -> None:
    told = [f["found"] for f in shown.findings if f["state"] == "RO"]
    assert any(NOTE in found for found in told)
    assert all(found.isprintable() for found in told)


# Data of persons.


def test_every_place_of_personal_data_has_its_finding(shown: Shown) -> None:
    found = [f for f in shown.findings if f["rule"] == "personal-data"]
    withheld = [f for f in shown.findings if "(not shown: looks like" in f["found"]]
    assert {f["state"] for f in found} == {"BG", "MK"}
    assert all(
        f["found"].startswith(("what looks like: ", "a name of the sheet with")) for f in found
    )
    # Digits alone stand where a code or nothing belongs: refused as that, and not
    # shown.
    assert {f["rule"] for f in withheld} >= {
        "unknown-status",
        "unknown-code",
        "outside-form",
        "withdrawn",
    }
    # What the cover file has in a field that no form has is not taken over at all.
    assert len(found) + len(withheld) >= len(PERSONAL) - 3


@pytest.mark.parametrize("place", PERSONAL)
def test_personal_data_is_nowhere_in_what_is_written_or_printed(shown: Shown, place: str) -> None:
    secret = PERSONAL[place]
    parts = {secret, secret.replace("\u200b", ""), secret.replace(" ", "")}
    # The archive alone keeps files as they were sent, for the eyes of their owner only.
    archive = shown.project.archive
    folders = (shown.project.outputs, shown.project.records)
    everything = [p for folder in folders for p in folder.rglob("*")]
    files = [p for p in everything if p.is_file() and archive not in p.parents]
    assert {"staged.duckdb", "validation.json", "findings.json", "warehouse.duckdb"} <= {
        p.name for p in files
    }
    for path in files:
        content = path.read_bytes()
        texts = " ".join(_texts(path)) if path.suffix == ".duckdb" else ""
        for part in parts:
            assert part.encode() not in content, f"{place} in {path.name}"
            assert part not in texts, f"{place} in {path.name}"
            assert part not in shown.printed


def _texts(path: Path) -> list[str]:
    """Every text and number in a database: its file may hold them compressed."""
    with duckdb.connect(str(path), read_only=True) as database:
        tables = database.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        assert tables
        rows = [
            r for s, t in tables for r in database.execute(f'select * from "{s}"."{t}"').fetchall()
        ]
    return [str(value) for row in rows for value in row if value is not None]
