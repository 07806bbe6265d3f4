"""What are the numerals in a table? Keyed cells worked out again; in annexes, what the
store and the contracts say.

A cell is compared with the key that its place claims, and its row and column must name
the key's state and year: a right number in a wrong line is a wrong number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Protocol

from pipeline.cells import REGIONS, Key
from pipeline.inspection.numerals.known import Known
from pipeline.inspection.numerals.passage import CELL, FORMULA, Passage, squeeze
from pipeline.inspection.readback.answers import NAME as ANSWERS
from pipeline.inspection.readback.answers import answers_told
from pipeline.inspection.readback.scores import READINGS
from pipeline.inspection.readback.values import number
from pipeline.report.ledger import (
    ANSWERED,
    Exhibit,
    PrintedLine,
    TableExhibit,
    is_of_the_version,
    lines_of,
    reference_of,
)

_MARKS = re.compile(r"[bdekpuwqvi*x](?:,[bdekpuwqvi*x])*")
_OF = re.compile(r"(\d+)of(\d+)")


def kind_of(reference: str) -> str:
    return FORMULA if "(" in reference else CELL


def first_key(reference: str) -> str:
    """The cell that a formula speaks of: the first of its operands."""
    match = re.fullmatch(r"\w+\((.+?)(?:(?:, | \+ ).+)?\)", reference)
    return match[1] if match else reference


class TableCheck:
    """Accounts for one table: `exhibit` is what the renderer noted of it, `numbers` are
    those of the exhibits of the document.
    """

    def __init__(self, known: Known, exhibit: Exhibit, *, numbers: Collection[str] = ()) -> None:
        self.known, self.exhibit, self.numbers = known, exhibit, numbers

    @cached_property
    def cubes(self) -> tuple[str, ...]:
        cells = [c for line in lines_of(self.exhibit) for c in line.cells]
        keys = dict.fromkeys(c.key for c in cells if c.key and not is_of_the_version(c.key))
        found = (first_key(key).split(":")[0] for key in keys)
        return tuple(dict.fromkeys([*self.exhibit.cubes, *found]))

    def head(self, passage: Passage) -> None:
        self.known.claim_label(passage, self.cubes)
        if self.exhibit.kind == "corrections":
            self.known.claim_edition(passage)
        if self.exhibit.kind == "revisions":
            earlier = {str(r["old_round"]) for r in self.known.tables["revisions"]}
            for round_ in earlier:
                passage.claim_phrase(f"Round {round_}", "year")

    def row_label(self, passage: Passage) -> None:
        self.known.claim_label(passage, self.cubes)
        if self.exhibit.kind in ("dictionary", "sources", "coverage", "unreported"):
            _claim_whole(passage, self._contract_texts(), kind="data dictionary")
        if self.exhibit.kind == "provenance":
            _claim_whole(passage, self.numbers, kind="exhibit")

    def cell(self, passage: Passage, row: int, *, column: int) -> str:
        """Account for a cell by row and column from 0. Returns what is wrong with it,
        or nothing.
        """
        line = lines_of(self.exhibit)[row]
        reference = line.cells[column].key
        kind = self.exhibit.kind
        if kind in _FREE and not (reference and kind != "revisions"):
            _FREE[kind](self, passage, line, column=column)
            return ""
        if not reference:
            self.known.claim_label(passage, self.cubes)
            return ""
        printed = self._printed(reference)
        for option in sorted(map(squeeze, printed), key=len, reverse=True):
            if not option and passage.bare in ("", "none"):
                return ""
            rest = passage.bare[len(option) :]
            if option and passage.bare.startswith(option) and (not rest or _MARKS.fullmatch(rest)):
                wrong = self._misplaced(reference, line.label, column=column)
                if not wrong:
                    passage.claim(0, len(option), kind_of(reference), reference)
                return wrong
        allowed = " or ".join(filter(None, printed)) or "nothing"
        return f"{reference} is {allowed}"

    def _printed(self, reference: str) -> tuple[str, ...]:
        """The texts that may stand for a key or a formula."""
        register = self.known.register
        if reference.startswith(f"{ANSWERS}("):
            return answers_told(reference, register.cells, self.known.contracts)
        return register.printed(reference)

    def _misplaced(self, reference: str, row_label: str, *, column: int) -> str:
        beside = [row_label]
        match self.exhibit:
            case TableExhibit(heads=heads, groups=groups):
                beside += [heads[column + 1], groups[column + 1]]
        return misplaced(
            self.known,
            reference,
            beside=beside,
            above=[self.exhibit.title],
            page_state=self.exhibit.state,
        )

    # --- annexes

    def _contract_texts(self) -> set[str]:
        found: set[str] = set()
        for table in self.known.contracts.tables:
            found |= {
                table.name,
                table.title,
                table.unit,
                table.iccs,
                f"{table.title}. {table.description}",
            }
            found.add(", ".join(["state", "year", *(d.label.lower() for d in table.dimensions)]))
        return found

    def _coverage(self, passage: Passage, line: PrintedLine, *, column: int) -> None:
        match = _OF.fullmatch(passage.bare)
        answers = [a for a in self.known.tables["coverage"] if a["title"] == line.label]
        given = sum(a["answer"] in ("reported", "question", "suppressed") for a in answers)
        members = len(self.known.contracts.members(self.known.round_))
        if match and (int(match[1]), int(match[2])) == (given, members):
            passage.claim_all(FORMULA, f"answered({line.label})")
        elif not match and any(a["answer"] == "suppressed" for a in answers):
            passage.claim_phrase("<5", "symbol", what="only counts suppressed by the sender")

    def _revisions(self, passage: Passage, line: PrintedLine, *, column: int) -> None:
        key = line.cells[3].key
        found = next((r for r in self.known.tables["revisions"] if r["key"] == key), None)
        if found is None:
            return
        if column == 0:
            self.known.claim_label(passage, [key.split(":")[0]])
        elif column == 1 and passage.bare == key.split(":")[1].split(".")[1]:
            passage.claim_all("year")
        elif column in (2, 3):
            name = ("old", "new")[column - 2]
            value = found[f"{name}_value"]
            raw = found[f"{name}_raw"]
            if passage.bare == squeeze(number(value, 0) if value is not None else raw):
                passage.claim_all(
                    CELL,
                    f"{key} of round {found['old_round'] if name == 'old' else self.known.round_}",
                )
        elif column == 4 and found["difference"] is not None:
            text = number(found["difference"], 0)
            if passage.bare == squeeze(f"+{text}" if found["difference"] >= 0 else text):
                passage.claim_all(FORMULA, f"difference({key})")

    def _findings(self, passage: Passage, line: PrintedLine, *, column: int) -> None:
        severity = line.cells[0].text
        rule = line.cells[1].text
        own = [
            f
            for f in self.known.tables["findings"]
            if (f["severity"], f["rule"]) == (severity, rule)
            and line.label in (f["state"], self._name(f["state"]))
        ]
        if column == 2 and passage.bare == str(len(own)):
            passage.claim_all(FORMULA, f"count of findings({line.label}, {rule})")
        elif column == 1:
            _claim_whole(passage, {f["rule"] for f in own}, kind="finding")
        elif column == 3:
            first = [
                (f"{f['sheet']} {f['cell']}: {f['found']}".strip()[:110], f["remark"]) for f in own
            ]
            _claim_whole(
                passage,
                {f"{said}; {remark}" if remark else said for said, remark in first},
                kind="finding",
            )

    def _name(self, state: str) -> str:
        members = {m.code for m in self.known.contracts.members(self.known.round_)}
        return self.known.state_label(state) if state in members else state

    def _sources(self, passage: Passage, line: PrintedLine, *, column: int) -> None:
        _claim_whole(passage, set(self.known.sources), kind="source")

    def _dictionary(self, passage: Passage, line: PrintedLine, *, column: int) -> None:
        table = self.known.contracts.table(line.label)
        if passage.bare == squeeze(table.iccs or ""):
            passage.claim_all("classification", "ICCS")
        _claim_whole(passage, self._contract_texts(), kind="data dictionary")

    def _provenance(self, passage: Passage, line: PrintedLine, *, column: int) -> None:
        if column == 0 and line.label in self.numbers:
            _claim_whole(passage, [reference_of(self.known.report, line.label)], kind="exhibit")

    def _contributed(self, passage: Passage, line: PrintedLine, *, column: int) -> None:
        """What experts wrote, letter for letter, and who says it."""
        _claim_whole(passage, self.known.register.contributed, kind="contribution")

    def _statuses(self, passage: Passage, line: PrintedLine, *, column: int) -> None:
        self.known.claim_label(passage, [])


class ClaimCell(Protocol):
    """Claims what a cell of a table in words may print."""

    def __call__(
        self, check: TableCheck, /, passage: Passage, line: PrintedLine, *, column: int
    ) -> None: ...


_FREE: dict[str, ClaimCell] = {
    "coverage": TableCheck._coverage,
    "unreported": TableCheck._statuses,
    "revisions": TableCheck._revisions,
    "findings": TableCheck._findings,
    "sources": TableCheck._sources,
    "dictionary": TableCheck._dictionary,
    "statuses": TableCheck._statuses,
    "information_gaps": TableCheck._contributed,
    "provenance": TableCheck._provenance,
}


def _claim_whole(passage: Passage, texts: Iterable[str], *, kind: str) -> None:
    if passage.bare in {squeeze(t) for t in texts if t}:
        passage.claim_all(kind)


def misplaced(
    known: Known, reference: str, *, beside: list[str], above: list[str], page_state: str
) -> str:
    """What is wrong with where a number stands: its labels must name its state and its
    year. `beside` are the labels of its row and column, `above` those of the whole
    exhibit.
    """
    if reference.startswith(f"{ANSWERED}("):
        name = known.state_label(reference.removeprefix(f"{ANSWERED}(").removesuffix(")"))
        return "" if name in beside else f"it is a count of {name}, which its row does not name"
    if is_of_the_version(reference):
        return ""  # about the version as a whole
    key = Key.parse(first_key(reference))
    # over the states that gave every part of a bar
    of_states = reference.startswith(("sum(", "tenths(", *(f"{name}(" for name in READINGS)))
    if not of_states and key.state not in REGIONS and key.state != page_state:
        name = known.area_label(key)
        if not any(name.lower() in text.lower() for text in (*beside, *above)):
            return f"it is a figure of {name}, which neither its row nor its column names"
    years = known.years_of(key.cube)
    named = {y for text in beside for y in re.findall(r"(?<!\d)\d{4}(?!\d)", text) if y in years}
    if named and str(key.year) not in named:
        return f"it is a figure of {key.year}, its row and column say {', '.join(sorted(named))}"
    titled = {y for text in above for y in re.findall(r"(?<!\d)\d{4}(?!\d)", text) if y in years}
    if not named and str(key.year) not in (titled or {known.years[-1]}):
        return (
            f"it is a figure of {key.year}, the title says"
            f" {', '.join(sorted(titled)) or known.years[-1]}"
        )
    return ""
