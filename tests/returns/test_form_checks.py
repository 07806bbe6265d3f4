"""Does a form find, while it is filled in, what the Center's rules find in it? Forms are
filled at random, worked out by LibreOffice, and checked by the rules.
"""

from __future__ import annotations

import io
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from builds import ROOT
from openpyxl.workbook import Workbook

from pipeline.contracts.beside import beside_columns
from pipeline.contracts.layout import (
    CHECKS_SHEET,
    COVER_SHEET,
    SheetForm,
    form_of,
    tables_for,
)
from pipeline.contracts.model import Contracts, Dimension, load_contracts
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.formats.raw import RawCell
from pipeline.returns.intake.problems import RULES
from pipeline.returns.intake.screen import judge
from pipeline.returns.round.check_sheet import LISTED
from pipeline.returns.round.forms import build_form
from pipeline.returns.rules.check import validate_round

ROUND = 2022
VICTIMS = "1 Victims sex age"
# A number written as text is one rule in the form, whichever way it is written.
AS_TEXT = {"thousands-comma", "thousands-point", "decimal-comma", "ambiguous-number"}
# One finding a line in the rules, one a figure in the form.
OF_A_LINE = {"note.required", "note.embargo"}
# What only the Center finds: over several years, or beside earlier rounds.
CENTER_ONLY = {"chain", "revised", "not_restated", "outdated"}
# Countries that a state chooses: the form offers those that exist in no year as well.
CHOSEN = "citizenship.valid"
needs_office = pytest.mark.skipif(
    not shutil.which("soffice"),
    reason="formulas are worked out by LibreOffice, Debian package libreoffice-calc-nogui",
)

Found = set[tuple[str, str, str, str]]  # report and state, sheet, place, rule


@dataclass(frozen=True)
class Filled:
    """A form that somebody filled in."""

    report: str
    state: str
    book: Workbook

    @property
    def name(self) -> str:
        return f"{self.report}-{self.state}"

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.book.save(path)


def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


def forms(report: str, state: str) -> list[SheetForm]:
    contract = contracts().contract(report)
    return [
        form_of(t, contract, state=state, round_=ROUND)
        for t in tables_for(contract, state, round_=ROUND)
    ]


def blank(report: str, state: str) -> Workbook:
    built = build_form(contracts(), report, state=state, round_=ROUND, reported={})
    book = openpyxl.load_workbook(io.BytesIO(built.content))
    for row in book[COVER_SHEET].iter_rows(min_row=5):
        if answer := {"authority": "a test", "date": "2023-03-01"}.get(str(row[0].value)):
            row[2].value = answer
    return book


# --- forms filled at random ----------------------------------------------------------


def leaves(dimension: Dimension, code: str) -> list[str]:
    """The codes that have no parts, of which one is made up."""
    parts = [c.code for c in dimension.codes if dimension.parent_of(c) == code]
    return [leaf for part in parts for leaf in leaves(dimension, part)] if parts else [code]


def fill_at_random(filled: Filled, seed: int, *, texts: bool) -> None:
    """Figures that add up, some of which were then changed, emptied or suppressed."""
    chance = random.Random(seed)
    for form in forms(filled.report, filled.state):
        sheet, table = filled.book[form.sheet], form.table
        whole: dict[tuple[str, ...], int] = {}
        places = {key.codes: place for key, place in form.addresses().items()}
        lands: list[str] = []
        if table.layout.open_rows:
            names = [c for c in table.dimensions[0].codes if not c.code.startswith("_")]
            chosen = chance.sample(names, 4)
            free = [r for r in form.rows if not r.codes]
            for row, code in zip(free, chosen, strict=False):
                sheet.cell(row.index, 1).value, sheet.cell(row.index, 2).value = (
                    code.code,
                    code.label,
                )
                lands.append(code.code)
                for column in (c for c in form.columns if c.kind == "value"):
                    places[filled.state, column.codes[0], code.code] = (row.index, column.index)
        for codes in places:
            of = [
                [*lands, "_U"] if table.layout.open_rows and code == "_T" else leaves(d, code)
                for d, code in zip(table.dimensions, codes[2:], strict=True)
            ]
            ends: list[tuple[str, ...]] = [()]
            for codes_of in of:
                ends = [(*end, code) for end in ends for code in codes_of]
            for end in ends:
                whole.setdefault((codes[1], *end), chance.choice([0, 1, 2, 7, 30, 200]))
            number = sum(whole[codes[1], *end] for end in ends)
            _put(filled, form, places[codes], number, chance, texts=texts)


def _put(
    filled: Filled,
    form: SheetForm,
    place: tuple[int, int],
    number: int,
    chance: random.Random,
    *,
    texts: bool,
) -> None:
    sheet = filled.book[form.sheet]
    row, column = place
    says: int | float | str | None = number
    kind = chance.random()
    if kind < 0.06:
        says = number + chance.choice([-1, 1, 60])
    elif kind < 0.12:
        says = None
    elif kind < 0.15:
        says = chance.choice(["<5", "–", ":"])
    elif kind < 0.17:
        says = chance.choice([-1, 1.5, 99_999_999_999])
    elif texts and kind < 0.24:
        says = chance.choice(["some", "12", "1 234", "1,234", "nema", " ", "<5", "0n", "z", "~*?"])
    # one fault a cell: the rules look no further at a figure that is refused
    is_plain = says in (number, None, "<5", "–", ":")
    if texts and is_plain and chance.random() < 0.15:
        sheet.cell(row, column + 1).value = chance.choice(
            ["A", "B", "E", "K", "L", "M", "N", "O", "Q", "U", "X", "e"]
        )
    if texts and chance.random() < 0.03:
        note, conf = (next(c for c in form.columns if c.kind == k) for k in ("note", "conf"))
        sheet.cell(row, note.index).value = chance.choice(["a new register", "until 2024-05-01"])
        sheet.cell(row, conf.index).value = chance.choice(["E", "C", "F"])
    sheet.cell(row, column).value = says


# Forms in which figures alone are wrong, and forms in which texts and statuses are too.
FIGURES = (("thb", "RO"), ("migration", "GR"), ("octa", "RO"))
TEXTS = (("thb", "TR"), ("migration", "RO"), ("octa", "TR"))
# What the form counts sheet by sheet: rules that look at one cell alone.
# LibreOffice takes TRUE for a number where it works out a range, so none is among them.
ONE_CELL = {
    "not-a-number",
    "number-as-text",
    "unknown-status",
    "status-without-value",
    "status-contradicts-value",
    "value.minimum",
    "value.maximum",
    "value.integer",
    "value.nil",
    "note.required",
    "note.embargo",
}
_ENTRY = re.compile(r"(?:error|query|note) ([a-z.-]+); cells: (\d+)")


@dataclass(frozen=True)
class Compared:
    """What forms found themselves and what the rules found in them. `counted` are the
    cells that break a rule alone, by form, sheet and rule.
    """

    beside: Found
    rules: Found
    counted: Counter[tuple[str, str, str]]
    books: dict[str, Workbook]


def work_out(filled: list[Filled], folder: Path) -> dict[str, Workbook]:
    """The forms as a spreadsheet works them out, by name."""
    for one in filled:
        one.save(folder / "in" / f"{one.name}.xlsx")
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder / 'home'}",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            folder / "out",
            *(folder / "in" / f"{one.name}.xlsx" for one in filled),
        ],
        check=True,
        capture_output=True,
        timeout=600,
    )
    return {
        one.name: openpyxl.load_workbook(folder / "out" / f"{one.name}.xlsx", data_only=True)
        for one in filled
    }


def told_beside(one: Filled, book: Workbook) -> Iterator[tuple[str, str, str, str]]:
    for form in forms(one.report, one.state):
        sheet = book[form.sheet]
        for beside in beside_columns(form):
            for row in form.rows:
                for part in str(sheet.cell(row.index, beside.check).value or "").split("; "):
                    if words := part.split():
                        cell = sheet.cell(row.index, beside.value.index).coordinate
                        yield one.name, form.sheet, cell, words[1]


def counted(one: Filled, book: Workbook) -> Counter[tuple[str, str, str]]:
    """What the sheet Checks counts, from its last part, which holds every check."""
    found: Counter[tuple[str, str, str]] = Counter()
    rows = list(book[CHECKS_SHEET].iter_rows(values_only=True))
    every = next(n for n, row in enumerate(rows) if row[2] == "Every check")
    for sheet, _, told, *_ in rows[every + 1 :]:
        for rule, number in _ENTRY.findall(str(told or "")):
            found[one.name, str(sheet), rule] += int(number)
    return found


def told_by_rules(findings: tuple[Finding, ...]) -> Iterator[tuple[str, str, str, str]]:
    for f in findings:
        if f.file:
            rule = f.rule if f.rule in RULES else f.rule.partition(".")[2]
            own = "number-as-text" if rule in AS_TEXT else rule
            yield f"{f.report}-{f.state}", f.sheet, f.cell, own


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    folder = tmp_path_factory.mktemp("forms")
    filled = [Filled(r, s, blank(r, s)) for r, s in (*FIGURES, *TEXTS)]
    for seed, one in enumerate(filled):
        fill_at_random(one, seed, texts=(one.report, one.state) in TEXTS)
    project = Project(ROOT, folder / "outputs", folder / "returns")
    for one in filled:
        one.save(project.returns / str(ROUND) / one.report / f"{one.state}.xlsx")
    findings = validate_round(project, contracts(), round_=ROUND).findings
    worked = work_out(filled, folder)
    return Compared(
        {t for one in filled for t in told_beside(one, worked[one.name])},
        set(told_by_rules(findings)),
        sum((counted(one, worked[one.name]) for one in filled), Counter()),
        worked,
    )


def is_of_figures(name: str) -> bool:
    return tuple(name.split("-")) in FIGURES


def by_row(found: Iterable[tuple[str, str, str, str]]) -> set[tuple[str, str, str, str]]:
    return {(n, s, c.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), r) for n, s, c, r in found}


@needs_office
def test_a_form_finds_beside_each_figure_exactly_what_the_rules_find(compared: Compared) -> None:
    below = {(n, s, c) for n, s, c, r in compared.rules if r == "value.minimum"}

    def kept(found: Found) -> Found:
        return {
            (name, sheet, cell, rule)
            for name, sheet, cell, rule in found
            if is_of_figures(name)
            and rule not in RULES
            and rule != CHOSEN
            and rule not in ONE_CELL
            and rule.rpartition(".")[2] not in CENTER_ONLY
            # a whole below zero is an error, and zero is no larger part for the form
            and not (rule == "part_exceeds_whole" and (name, sheet, cell) in below)
        }

    own, theirs = kept(compared.beside), kept(compared.rules)
    assert own == theirs
    kinds = {rule for *_, rule in own}
    assert {"part_exceeds_whole", "value.change", "sex.sum", "form.sum"} <= kinds
    assert any(kind.endswith(".at_most") for kind in kinds)
    assert {"total.same_as_THB_VICTIMS", "citizenship.sum"} <= kinds
    assert len(own) > 200


@needs_office
def test_a_form_counts_the_cells_that_are_wrong_by_themselves_as_the_rules_do(
    compared: Compared,
) -> None:
    theirs = Counter((n, s, r) for n, s, _, r in compared.rules if r in ONE_CELL - OF_A_LINE)
    own = Counter({key: n for key, n in compared.counted.items() if key[2] not in OF_A_LINE})
    assert own == theirs
    assert {rule for *_, rule in own} == ONE_CELL - OF_A_LINE


@needs_office
def test_a_form_asks_for_notes_on_the_sheets_on_which_the_rules_do(compared: Compared) -> None:
    """The rules ask once a line, the form counts figures."""
    theirs = {(n, s, r) for n, s, _, r in compared.rules if r in OF_A_LINE}
    own = {key for key in compared.counted if key[2] in OF_A_LINE}
    assert own == theirs
    assert {rule for *_, rule in own} == OF_A_LINE


@needs_office
def test_the_sheet_of_checks_lists_what_was_found_and_what_the_cover_lacks(
    compared: Compared,
) -> None:
    rows = list(compared.books["thb-RO"][CHECKS_SHEET].iter_rows(values_only=True))
    told = re.match(r"\d+ checks found something, listed from line (\d+) on", str(rows[1][0]))
    assert told
    first = int(told[1])
    assert rows[first - 1][2] == "What was found"
    assert all(row[2] for row in rows[first : first + LISTED])
    assert rows[first + LISTED][2] is None
    sheets = {
        str(row[0]): str(row[2]) for row in rows if row[0] == VICTIMS and isinstance(row[1], int)
    }
    assert sheets[VICTIMS].startswith("no source of this sheet; not said whether")
    severities = ("error", "query", "note")
    meanings = {row[0]: str(row[2] or "") for row in rows if row[1] in severities}
    assert meanings["sex.sum"].startswith("Parts and total differ")
    assert all(meanings.values())


# --- the form itself -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "state"), [("thb", "RO"), ("migration", "GR"), ("octa", "TR"), ("octa", "SELEC")]
)
def test_no_formula_of_a_form_runs_a_program_or_reaches_out(report: str, state: str) -> None:
    book = blank(report, state)
    formulas = [
        (sheet.title, cell.coordinate, str(cell.value))
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert len(formulas) > 50
    assert max(len(f) for *_, f in formulas) < 8192
    assert {judge(RawCell(s, a, "", "empty", f)) for s, a, f in formulas} == {("", "")}
    assert all(text.count("(") == text.count(")") for *_, text in formulas)


@needs_office
def test_a_form_that_nobody_filled_in_finds_nothing(tmp_path: Path) -> None:
    filled = [Filled("octa", "RO", blank("octa", "RO"))]
    (book,) = work_out(filled, tmp_path).values()
    assert book[CHECKS_SHEET]["A2"].value == "Nothing was found."
    assert list(told_beside(filled[0], book)) == []
    assert counted(filled[0], book) == Counter()


def test_figures_are_coloured_by_the_gravest_that_is_found() -> None:
    sheet = blank("octa", "RO")["4 Firearms"]
    rules = [
        (rule.priority, rule.dxf.fill.bgColor.rgb, rule.formula[0])
        for formatting in sheet.conditional_formatting
        for rule in formatting.rules
        if str(formatting.sqref).startswith("C7")
    ]
    colours = [colour for _, colour, _ in sorted(rules)]
    assert list(dict.fromkeys(colours)) == ["FFF8CBAD", "FFFFE699", "FFDDEBF7"]
    # no formula of a colour names another sheet, which older programs refuse
    assert not [formula for *_, formula in rules if "!" in formula]


def test_a_form_is_read_back_without_its_checks(project: Project) -> None:
    book = blank("octa", "RO")
    own = forms("octa", "RO")[3]
    sheet = book[own.sheet]
    sheet.cell(own.rows[0].index, beside_columns(own)[0].check).value = "error made.up; "
    book[CHECKS_SHEET]["C9"].value = 12345
    Filled("octa", "RO", book).save(project.returns / str(ROUND) / "octa" / "RO.xlsx")
    findings = validate_round(project, contracts(), round_=ROUND).findings
    assert [f for f in findings if f.file] == []
