"""Where on its sheet does each cell of a table stand? The form of a table, worked out
from its contract alone.

A sheet has a title, a description and a hint in its first rows, then a row of labels,
then the row of codes that starts with the word `Code`; below it one line per category.
Column A holds the code of the line, the row of codes the code of the column, so a
reader finds every cell by codes even when lines were inserted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from pipeline.cells import TOTAL, UNKNOWN, Key
from pipeline.contracts.model import Contract, Contracts, Table
from pipeline.contracts.scales import Scale

CENTER = "SELEC"  # answers for its own activity
CODE_MARK = "Code"
STATUS_SUFFIX = " status"
CONF_HEAD = "Confidentiality"
NOTE_HEAD = "Note"
LABEL_ROW, CODE_ROW, FIRST_ROW = 5, 6, 7
COVER_SHEET, HELP_SHEET, CHECKS_SHEET, LISTS_SHEET = "Cover", "Instructions", "Checks", "Lists"

ColumnKind = Literal["code", "label", "value", "status", "conf", "note"]


@dataclass(frozen=True)
class FormColumn:
    """One column of a sheet. `codes` are those of the dimensions that go across, for
    value and status columns.
    """

    index: int  # 1 is column A
    kind: ColumnKind
    head: str  # what stands in the row of codes
    label: str = ""  # what stands above it for people
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormRow:
    """One line of a sheet: the codes and labels of the dimensions that go down. Open
    lines have no codes yet.
    """

    index: int
    codes: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def code(self) -> str:
        return ".".join(self.codes)


@dataclass(frozen=True)
class SheetForm:
    """The form of one table for one state and round."""

    table: Table
    state: str
    years: range
    columns: tuple[FormColumn, ...]
    rows: tuple[FormRow, ...]

    @property
    def sheet(self) -> str:
        return self.table.layout.sheet

    def scale(self, column: FormColumn) -> Scale:
        """The scale of the answers in a column of a table that is answered in words."""
        judged = self.table.judged
        assert judged is not None
        place = self.table.layout.columns.index(judged.dimension)
        return judged.scale(column.codes[place])

    def key(self, row_codes: tuple[str, ...], column_codes: tuple[str, ...]) -> Key:
        layout = self.table.layout
        codes = dict(zip(layout.rows + layout.columns, row_codes + column_codes, strict=True))
        return self.table.key({"state": self.state, **codes})

    def addresses(self) -> dict[Key, tuple[int, int]]:
        """Row and column of the value cell of every key that has a line of its own."""
        values = [c for c in self.columns if c.kind == "value"]
        return {
            self.key(r.codes, c.codes): (r.index, c.index)
            for r in self.rows
            if r.codes or not self.table.layout.rows
            for c in values
        }


def _codes_of(table: Table, name: str, *, state: str, years: range) -> list[tuple[str, str]]:
    if name == "year":
        return [(str(y), str(y)) for y in years]
    return [(c.code, c.label) for c in table.dimension(name).codes_for(state, years)]


def _row_combinations(
    table: Table, state: str, *, years: range
) -> list[tuple[tuple[str, str], ...]]:
    if table.layout.open_rows:
        # Open lists start with the total and the unknown part; other lines are chosen
        # by the state.
        (name,) = table.layout.rows
        return [
            ((c, label),)
            for c, label in _codes_of(table, name, state=state, years=years)
            if c in (TOTAL, UNKNOWN)
        ]
    return list(
        product(*(_codes_of(table, name, state=state, years=years) for name in table.layout.rows))
    )


def form_of(table: Table, contract: Contract, *, state: str, round_: int) -> SheetForm:
    """Work out the form of a table. Lines follow the order of the code lists, columns
    too.
    """
    years = contract.years(round_)
    columns = [FormColumn(1, "code", CODE_MARK)]
    names = {d.name: d.label for d in table.dimensions} | {"year": "Year"}
    for name in table.layout.rows or ("measure",):
        columns.append(FormColumn(len(columns) + 1, "label", names.get(name, "Measure")))
    for combination in product(
        *(_codes_of(table, name, state=state, years=years) for name in table.layout.columns)
    ):
        codes = tuple(code for code, _ in combination)
        label = ", ".join(label for _, label in combination)
        head = ".".join(codes)
        columns.append(FormColumn(len(columns) + 1, "value", head, label, codes))
        if table.judged is None:  # a word needs no status: what is not judged stays empty
            columns.append(
                FormColumn(len(columns) + 1, "status", head + STATUS_SUFFIX, "Status", codes)
            )
    columns.append(FormColumn(len(columns) + 1, "conf", CONF_HEAD))
    text = "Text of the contribution" if table.judged and table.judged.is_texts else ""
    columns.append(FormColumn(len(columns) + 1, "note", NOTE_HEAD, text))

    rows = []
    if not table.layout.rows:
        rows.append(FormRow(FIRST_ROW, (), (table.measure,)))
    else:
        for combination in _row_combinations(table, state, years=years):
            codes = tuple(c for c, _ in combination)
            labels = tuple(label for _, label in combination)
            rows.append(FormRow(FIRST_ROW + len(rows), codes, labels))
    for _ in range(table.layout.open_rows):
        rows.append(FormRow(FIRST_ROW + len(rows), (), ("",)))
    return SheetForm(table, state, years, tuple(columns), tuple(rows))


def tables_for(contract: Contract, state: str, *, round_: int) -> list[Table]:
    """The tables a respondent fills in in a round: states theirs, the Center (SELEC)
    its own activity.
    """
    return [t for t in contract.tables_of(round_) if t.respondent == respondent_of(state)]


def respondents(contracts: Contracts, report: str, *, round_: int) -> list[str]:
    """Who answers the questionnaire of a report: the member states, and the Center
    where a table asks it.
    """
    asked = [*(c.code for c in contracts.members(round_)), CENTER]
    return [
        state for state in asked if tables_for(contracts.contract(report), state, round_=round_)
    ]


def respondent_of(state: str) -> Literal["states", "center"]:
    return "center" if state == CENTER else "states"


SOURCE_FIELD, DEFINITION_FIELD = "source:", "definition:"
OFFICE_FIELD = "office"
DEFINITION_ANSWERS = ("yes", "partly", "no")


def cover_fields(
    contract: Contract,
    state: str,
    *,
    state_name: str,
    round_: int,
    office: str = "",
    tables: Sequence[Table] | None = None,
) -> list[tuple[str, str, str, bool]]:
    """The cover sheet: field code, label, value known beforehand, whether the state
    fills it in. The form of an office names it, and may be about some `tables` only.
    """
    years = contract.years(round_)
    fields = [
        ("report", "Report", contract.report, False),
        ("title", "Title", contract.title, False),
        ("state", "State", state, False),
        ("state_name", "Name of the state", state_name, False),
        ("round", "Round (reference year)", str(round_), False),
        ("years", "Years to report", f"{years[0]}-{years[-1]}", False),
        ("contract", "Contract", contract.name, False),
        ("contract_version", "Contract version", contract.version, False),
        *([(OFFICE_FIELD, "Office that gives this part", office, False)] if office else []),
        ("authority", "Reporting authority", "", True),
        ("contact", "Contact point (function, not a person)", "", True),
        ("date", "Date of the return (YYYY-MM-DD)", "", True),
    ]
    given = tables_for(contract, state, round_=round_) if tables is None else tables
    given = [table for table in given if table.judged is None]  # experts are no register
    for table in given:
        fields.append((SOURCE_FIELD + table.name, f"Source of '{table.layout.sheet}'", "", True))
    for table in given:
        fields.append(
            (
                DEFINITION_FIELD + table.name,
                f"National definition of '{table.layout.sheet}' matches the contract",
                "",
                True,
            )
        )
    return fields
