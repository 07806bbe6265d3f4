"""Where may a sender write freely, and does any of it reach others? A canary in each
such place, and a search for all.

Three states send returns to each report. Every field of covers that they fill in, notes,
whatever else a file can carry, names of files, records and the log of queries bear a
canary of their own. Everything is then built, and what others get is searched: stores,
PDFs, pages, workbooks, data files, as bytes and as the text that a reader extracts.
"""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from builds import REPORTS, ROUND, copy_project
from here import run_here
from small_project import STATES, keep_chapters
from traces import everything_in, files_in, texts_of

from pipeline.contracts.layout import COVER_SHEET, DEFINITION_FIELD, SOURCE_FIELD
from pipeline.project import Project

pytestmark = pytest.mark.slow

CHAPTERS = {
    "thb": ["introduction", "justice", "sources"],
    "migration": ["introduction", "smuggling", "sources"],
    "octa": ["introduction", "vehicles", "sources"],
    "activity": ["executive", "reported", "sources", "dictionary"],
}
PROTECTED = ("public", "partner")
# Every report, both versions, each form; the stores of all are searched, and a
# renderer opens nothing else.
RENDERED = (
    ("thb", "public partner"),
    ("migration", "public"),
    ("octa", "partner"),
    ("activity", "public"),
)
WORD = "quokka"  # in every canary, in no text of the project
# Places that nobody reads, or repeats in a finding: there is nothing to be found of
# them afterwards.
UNREAD = ("comment", "property", "header", "name of a range", "sheet of its own", "records text")


@dataclass
class Planted:
    """The project, and each canary with the place where it was planted."""

    project: Project
    canaries: dict[str, str]

    def plant(self, place: str) -> str:
        """A text for a place: a count, sex and village in words, as a person would
        write it.
        """
        text = f"three {WORD} girls number {len(self.canaries):04d} of a village"
        self.canaries[f"number {len(self.canaries):04d}"] = place
        return text


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    root = copy_project(tmp_path_factory.mktemp("canaries") / "copy")
    made = Planted(Project(root), {})
    for path in (root / "returns").iterdir():
        if path.is_dir() and path.name != str(ROUND):
            shutil.rmtree(path)
    for report in REPORTS:
        keep_chapters(root, CHAPTERS[report], report)
        for path in sorted((root / "returns" / str(ROUND) / report).iterdir()):
            if path.name.split(".")[0] not in STATES:
                path.unlink()
            elif path.suffix == ".xlsx":
                plant_in_workbook(path, made)
            elif path.name.endswith(".cover.csv"):
                plant_in_cover(path, made)
            else:
                plant_in_csv(path, made)
    plant_in_folder(root / "returns" / str(ROUND), made)
    run(root, "validate", "--no-feedback")
    plant_in_answer(root, made)
    for reports, versions in RENDERED:
        run(root, "build", "--reports", reports, "--versions", versions)
    return made


def run(root: Path, command: str, *options: str) -> str:
    done = run_here(command, "--round", str(ROUND), *options, root=root)
    assert done.returncode == 0, f"{command} {options}: {done.stdout}\n{done.stderr}"
    return done.stdout


def is_open(field: str, value: object) -> bool:
    """Whether a field of the cover is one that the state answers in its own words."""
    return field in ("authority", "contact") or field.startswith((SOURCE_FIELD, DEFINITION_FIELD))


def plant_in_workbook(path: Path, made: Planted) -> None:
    """Every answer on the cover, a note in every table, and whatever else a workbook
    can carry.
    """
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.workbook.defined_name import DefinedName

    book = openpyxl.load_workbook(path)
    where = f"{path.parent.name} {path.name}"
    for row in book[COVER_SHEET].iter_rows(min_row=5):
        if is_open(str(row[0].value), row[2].value):
            row[2].value = f"{row[2].value or ''}; {made.plant(f'{where} {row[0].value}')}".lstrip(
                "; "
            )
    for sheet in book.worksheets:
        heads = {c.value: c.column for c in sheet[6]} if sheet.max_row >= 6 else {}
        if "Note" not in heads or sheet.title == COVER_SHEET:
            continue
        filled = [
            r
            for r in sheet.iter_rows(min_row=7)
            if any(isinstance(c.value, int | float) for c in r[2:])
        ]
        for line in filled[:2]:
            sheet.cell(line[0].row or 0, heads["Note"] or 0).value = made.plant(
                f"{where} note of {sheet.title}"
            )
        sheet.cell(8, sheet.max_column + 2).value = made.plant(
            f"{where} outside the form of {sheet.title}"
        )
    last = book.worksheets[2]
    last["B7"].comment = Comment(made.plant(f"{where} comment"), made.plant(f"{where} comment"))
    assert last.oddHeader is not None
    last.oddHeader.center.text = made.plant(f"{where} header")
    book.defined_names["told"] = DefinedName(
        "told", attr_text=f'"{made.plant(f"{where} name of a range")}"'
    )
    for name in ("creator", "title", "subject", "keywords", "description", "category"):
        setattr(book.properties, name, made.plant(f"{where} property"))
    book.create_sheet(f"{WORD} 3 girls")["A1"] = made.plant(f"{where} sheet of its own")
    book.save(path)


def plant_in_cover(path: Path, made: Planted) -> None:
    lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    comma = ";" if len(lines[0]) < 2 else ","
    lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=comma))
    for line in lines[1:]:
        if is_open(line[0], line[-1]):
            line[-1] = (
                f"{line[-1]}; {made.plant(f'{path.parent.name} {path.name} {line[0]}')}".lstrip(
                    "; "
                )
            )
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=comma).writerows(lines)


def plant_in_csv(path: Path, made: Planted) -> None:
    data = path.read_bytes()
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1251"
        text = data.decode(encoding)
    comma = ";" if ";" in text.splitlines()[0] else ","
    heads, *lines = list(csv.reader(text.splitlines(), delimiter=comma))
    note = len(heads) - 1
    for line in lines[:3]:
        line[note] = made.plant(f"{path.parent.name} {path.name} note")
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=comma).writerows([heads, *lines])


def plant_in_folder(folder: Path, made: Planted) -> None:
    """Files that are no returns, one that has no right name, and records."""
    name = made.plant("name of a file").replace(" ", "-")
    (folder / "thb" / f"{name}.xlsx").write_bytes((folder / "thb" / "RO.xlsx").read_bytes())
    records = folder / "migration" / "RO.MIG_DETECTED.records.csv"
    told = made.plant("records column"), made.plant("records text")
    records.write_text(
        f"state,year,place,section,{told[0]}\nRO,{ROUND},{told[1]},,x\n", encoding="utf-8"
    )


def plant_in_answer(root: Path, made: Planted) -> None:
    """What a state answered to a query, in its own words."""
    listed = run(root, "queries", "--state", "RO")
    asked = next(word for word in listed.split() if word.startswith("q") and len(word) == 9)
    text = made.plant("answer to a query")
    run(
        root,
        "ask",
        "--state",
        "RO",
        "--date",
        f"{ROUND + 1}-04-01",
        "--by",
        "Ana Pop",
        "--rehearsal",
    )
    environment = [
        "--query",
        asked.strip(":,"),
        "--effect",
        "confirmed",
        "--date",
        f"{ROUND + 1}-04-02",
        "--answer",
        text,
        "--by",
        "Ana Pop",
        "--rehearsal",
    ]
    run(root, "answer", *environment)


def found_in(paths: list[Path]) -> dict[str, list[str]]:
    """Files that hold the word of all canaries, with where it stands."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for text in [str(path.name), *everything_in(path)]:
            if WORD in text.casefold().replace("\N{SOFT HYPHEN}", ""):
                place = text.casefold().index(WORD)
                found.setdefault(path.as_posix(), []).append(text[max(place - 40, 0) : place + 40])
    return found


def test_no_text_of_a_sender_is_in_what_others_get(planted: Planted) -> None:
    outputs = planted.project.round_folder(ROUND)
    folders = [outputs / "stores" / v for v in PROTECTED]
    folders += [
        outputs / kind / r / v for kind in (".", "masters") for r in REPORTS for v in PROTECTED
    ]
    files = files_in(*folders)
    assert len(files) > 100
    assert {p.suffix for p in files} >= {
        ".pdf",
        ".xlsx",
        ".csv",
        ".html",
        ".json",
        ".xml",
        ".duckdb",
    }
    assert found_in(files) == {}


def test_every_canary_was_read_so_that_it_could_have_been_printed(planted: Planted) -> None:
    """The house knows each text, in findings, notes, covers or the log: none was missed
    for never having arrived.
    """
    assert len(planted.canaries) > 150
    work = planted.project.work(ROUND)
    returns = planted.project.returns / str(ROUND)
    known = (work / "validation.json").read_text(encoding="utf-8") + " ".join(
        texts_of(work / "staged.duckdb")
    )
    known += (returns / "queries.csv").read_text(encoding="utf-8") + json.dumps(
        [p.name for p in files_in(returns)]
    )
    known = known.replace("-", " ")
    missed = {
        place
        for number, place in planted.canaries.items()
        if number not in known and not is_unread(place)
    }
    assert missed == set()


def is_unread(place: str) -> bool:
    return any(word in place for word in UNREAD)


def test_others_read_that_there_are_sources_which_are_not_named(planted: Planted) -> None:
    page = planted.project.version_folder(ROUND, "thb", "public") / "html" / "index.html"
    text = page.read_text(encoding="utf-8")
    assert "sources that states named to SELEC" in text
    assert "UNODC, Trafficking in persons (GLOTIP)" in text


def test_an_analyst_sees_each_of_these_texts_and_can_clear_it(planted: Planted) -> None:
    told = run(planted.project.root, "clear-text").splitlines()
    assert len(told) > 30
    assert all("not printed for others" in line for line in told)
    who = ("--reason", "read", "--by", "Ana Pop", "--rehearsal", "--date", f"{ROUND + 1}-05-02")
    cleared = run(planted.project.root, "clear-text", "--text", told[0].split()[0], *who)
    assert told[0].split("'")[1] in cleared
    assert "1 are cleared" in run(planted.project.root, "clear-text")
