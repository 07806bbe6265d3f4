"""What does the covering letter of a state say? Received, refused, asked, revised,
covered: one or two pages.

A letter has no clock: it is dated by the covers of the returns, and so is the day by
which queries are to be answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.contracts.layout import tables_for
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import office_label
from pipeline.errors import RenderError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.days import read_date
from pipeline.returns.feedback.paper import Paper, on_paper
from pipeline.returns.feedback.words import shortened
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.reading import FileReading
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.reference import meaning_of
from pipeline.returns.rules.summary import (
    SummaryRow,
    lacking_parts,
    part_rows,
    summary_rows,
    table_outcomes,
)
from pipeline.returns.texts import N_, Texts
from pipeline.system.kept import open_database

MAX_PAGES = 2
# Lines that each of the lists may have: the first number with which the letter stays
# within its pages.
LIST_LENGTHS = (12, 8, 5, 3, 1)
_TEXT = 110  # characters of a text in a list; the marked copy has the whole of it


@dataclass(frozen=True)
class Figures:
    """What the staged file of a round says of figures.

    `counts` by state, table and office: figures with a value, first and last year of
    them. `revised` by key: the earlier round, the value then and the value now.
    """

    counts: Mapping[tuple[str, str, str], tuple[int, int, int]]
    revised: Mapping[str, tuple[int, Decimal, Decimal]]

    def count(self, state: str, table: str, *, office: str) -> tuple[int, int, int]:
        """Figures of a table, of all offices where none is given; first and last year."""
        own = [
            n
            for (s, t, o), n in self.counts.items()
            if (s, t) == (state, table) and office in ("", o)
        ]
        first, last = (min(n[1] for n in own), max(n[2] for n in own)) if own else (0, 0)
        return sum(n[0] for n in own), first, last


def read_figures(project: Project, contracts: Contracts, *, round_: int) -> Figures:
    """Look up once for all letters which tables have figures and what was revised."""
    tables = contracts.tables
    counts = " union all ".join(
        f"select cells.state, '{t.name}' as name, coalesce(files.office, '') as office,"
        " count(*) as n, min(year) as first, max(year) as last"
        f" from {t.sql_name} as cells left join files on files.file = cells.file"
        " where value is not null group by all"
        for t in tables
    )
    revised = " union all ".join(
        f"select now.key, earlier.round, earlier.value as before, now.value from {t.sql_name} as"
        " now inner join earlier on earlier.key = now.key where now.value is not null and"
        " earlier.value is not null"
        for t in tables
    )
    with open_database(project.work(round_) / STAGED) as connection:
        found = connection.execute(counts).fetchall()
        changes = connection.execute(f"select * from ({revised}) where before <> value").fetchall()
    return Figures(
        {(state, name, by): (n, first, last) for state, name, by, n, first, last in found},
        {key: (earlier, before, now) for key, earlier, before, now in changes},
    )


@dataclass(frozen=True)
class LetterWriter:
    """Writes the letters of a round. `marking` stands on every page; `answer_days` give
    the deadline.
    """

    project: Project
    contracts: Contracts
    validation: Validation
    figures: Figures
    texts: Texts
    marking: str
    answer_days: int

    def view(
        self, state: str, enclosed: Sequence[str], *, most: int, office: str = ""
    ) -> dict[str, Any]:
        """All that the letter of a state says, as the template shows it. Lists have at
        most `most` lines.

        The letter to an office is about its part alone. That of its state then says what
        came and what was refused of all parts, and asks nothing that the office is asked.
        """
        of_state = sorted(
            (f for f in self.validation.findings if f.state == state),
            key=lambda f: _reading_order(f, [*self.contracts.by_report]),
        )
        findings = [f for f in of_state if f.office == office]
        files = self._files(state, office)
        dates = [day for f in files if (day := read_date(f.received))]
        last = max(dates, default=None)
        queries = [f for f in findings if f.severity == "query"]
        revised = [
            f
            for f in findings
            if f.rule.endswith(".value.revised") and f.key in self.figures.revised
        ]
        refused = self._refused(findings if office else of_state)
        notes = sum(f.severity == "note" and bool(f.file) for f in findings)
        asked = [self._line(f) for f in queries[:most]]
        return {
            "round": self.validation.reading.round,
            "name": self.contracts.codelist("states").label(state),
            "is_member": (
                state in {c.code for c in self.contracts.members(self.validation.reading.round)}
            ),
            "marking": self.marking,
            "dated": self._paper.day(last),
            "deadline": self._paper.day(self._deadline(last)),
            "answer_days": self.answer_days,
            "office": office and office_label(self.contracts, office),
            "in_parts": not office and any(f.office for f in files),
            "lacking": [on_paper(self._lacking(f)) for f in lacking_parts(self.validation, state)]
            if not office
            else [],
            "received": self._received(state, office),
            "has_files": bool(files),
            "refused": refused[:most],
            "refused_in_all": len(refused),
            "queries": asked,
            "rules": _rules([*refused[:most], *asked]),
            "queries_in_all": len(queries),
            "revisions": [self._revision(f) for f in revised[:most]],
            "revisions_in_all": len(revised),
            "notes_in_all": notes,
            "coverage": self._coverage(state, {f.report for f in files}, office=office),
            "enclosed": list(enclosed),
        }

    def pdf(self, state: str, enclosed: Sequence[str], *, output: Path, office: str = "") -> None:
        """Render the letter of a state, or of one of its offices, to `output`. Raises
        RenderError when it does not fit its pages.
        """
        pages = 0
        for most in LIST_LENGTHS:
            pages = self._paper.pdf(
                "letter.html.j2",
                self.view(state, enclosed, most=most, office=office),
                output=output,
                title=self.title(state, office),
                subject=self.marking,
                day=self._dated(state, office),
            )
            if pages <= MAX_PAGES:
                return
        raise RenderError(
            f"the letter of {state} has {pages} pages", allowed=f"at most {MAX_PAGES}"
        )

    def title(self, state: str, office: str = "") -> str:
        name = self.contracts.codelist("states").label(state)
        said = self.texts.say(N_("Returns of round {round}: {state}"))
        title = said.format(state=name, round=self.validation.reading.round)
        return f"{title}, {office_label(self.contracts, office)}" if office else title

    def _files(self, state: str, office: str) -> list[FileReading]:
        """The files of a state, or those of one of its offices."""
        return [
            f
            for f in self.validation.reading.files
            if f.state == state and office in ("", f.office)
        ]

    def _lacking(self, finding: Finding) -> str:
        """Which part of which return is not there."""
        title = self.contracts.contract(finding.report).title
        said = (
            N_("{report}: the part that was refused is of {office}")
            if finding.rule == "part-refused"
            else N_("{report}: the part that did not come is of {office}")
        )
        return self.texts.say(said).format(report=title, office=finding.found)

    def _dated(self, state: str, office: str) -> date:
        days = (read_date(f.received) for f in self._files(state, office))
        first = date(self.validation.reading.round + 1, 1, 1)
        return max((d for d in days if d), default=first)

    def _deadline(self, last: date | None) -> date | None:
        try:
            return last + timedelta(days=self.answer_days) if last else None
        except OverflowError:  # a cover dated at the end of time
            return None

    @property
    def _paper(self) -> Paper:
        return Paper(self.project, self.texts)

    def _received(self, state: str, office: str) -> list[dict[str, Any]]:
        """One line per file, and one per report of which there is none."""
        accounts = {a.file: a for a in self.validation.accounts}
        lines = []
        for row in (
            r
            for r in summary_rows(self.validation, [*self.contracts.by_report])
            if r.state == state
        ):
            title = self.contracts.contract(row.report).title
            files = [f for f in self._files(state, office) if f.report == row.report]
            outcome = self.texts.say(row.outcome)
            parts = part_rows(self.validation, report=row.report, state=state)
            ended = {p.office: self.texts.say(p.outcome) for p in parts}
            in_parts = any(ended)
            for file in files:
                by = f"{title}, {office_label(self.contracts, file.office)}"
                lines.append(
                    {
                        "title": by if file.office else title,
                        "file": file.file,
                        "dated": self._paper.day(read_date(file.received)),
                        "hash": file.sha256[:12],
                        "outcome": ended[file.office] if in_parts else outcome,
                        **self._cells(row, accounts.get(file.file)),
                    }
                )
            if not files and not office:
                lines.append(
                    {
                        "title": title,
                        "file": "",
                        "dated": "",
                        "hash": "",
                        "outcome": outcome,
                        **self._cells(row, None),
                    }
                )
        return [{k: on_paper(v) for k, v in line.items()} for line in lines]

    def _cells(self, row: SummaryRow, account: FileAccount | None) -> dict[str, str]:
        if account is None:
            return dict.fromkeys(("filled", "loaded", "refused", "ignored"), "–")
        ignored = sum(account.ignored.values())
        numbers = {
            "filled": account.filled,
            "loaded": account.loaded,
            "refused": account.refused,
            "ignored": ignored,
        }
        return {name: self._paper.number(number) for name, number in numbers.items()}

    def _sheet(self, finding: Finding) -> str:
        """The sheet of a finding. A line of a CSV file stands on none: the sheet of its
        table says what is meant.
        """
        if finding.sheet or not finding.table:
            return finding.sheet
        return self.contracts.table(finding.table).layout.sheet

    def _line(self, finding: Finding) -> dict[str, str]:
        line = {
            "report": finding.report,
            "sheet": self._sheet(finding),
            "cell": _place(finding),
            "found": finding.found,
            "allowed": self.texts.say(finding.allowed),
            "do": self.texts.say(finding.do),
            "rule": finding.rule.removeprefix(f"{finding.table}."),
            "meaning": meaning_of(finding.rule),
        }
        return {name: on_paper(shortened(text, _TEXT)) for name, text in line.items()}

    def _refused(self, findings: Iterable[Finding]) -> list[dict[str, Any]]:
        """Every refused return, part or table with its first error and the number of
        them.
        """
        errors: dict[tuple[str, str, str], list[Finding]] = {}
        for f in findings:
            if f.severity == "error":
                errors.setdefault((f.report, f.table, f.office), []).append(f)
        lines = []
        order = [*self.contracts.by_report]
        for (report, table, office), found in sorted(
            errors.items(), key=lambda e: (order.index(e[0][0]), e[0][1:])
        ):
            sheet = self.contracts.table(table).layout.sheet if table else ""
            lines.append(
                {
                    **self._line(found[0]),
                    "report": report,
                    "table": sheet,
                    "office": office and office_label(self.contracts, office),
                    "errors": len(found),
                }
            )
        return lines

    def _revision(self, finding: Finding) -> dict[str, str]:
        earlier, before, now = self.figures.revised[finding.key]
        return {
            "sheet": on_paper(self._sheet(finding)),
            "cell": on_paper(_place(finding)),
            "key": finding.key,
            "round": str(earlier),
            "before": self._paper.number(before),
            "now": self._paper.number(now),
        }

    def _coverage(self, state: str, sent: set[str], *, office: str) -> list[dict[str, Any]]:
        """Per report that was sent: sheets with figures and how many, sheets without,
        sheets refused; of an office those that it gives.
        """
        lines = []
        given = {
            (told["report"], told["table"])
            for told in table_outcomes(self.contracts, self.validation)
            if told["state"] == state and told.get("office", "") == office
        }
        for report in (r for r in self.contracts.by_report if r in sent):
            contract = self.contracts.contract(report)
            full, empty, refused = [], [], []
            for table in tables_for(contract, state, round_=self.validation.reading.round):
                if office and (report, table.name) not in given:
                    continue
                number, first, last = self.figures.count(state, table.name, office=office)
                years = str(first) if first == last else f"{first}–{last}"
                name = _unnumbered(table.layout.sheet)
                if self.validation.is_refused(state, report, table=table.name):
                    refused.append(name)
                elif number:
                    full.append(f"{name} ({self._paper.number(number)}, {years})")
                else:
                    empty.append(name)
            tables = len(full) + len(empty) + len(refused)
            lines.append(
                {
                    "title": contract.title,
                    "full": full,
                    "empty": empty,
                    "refused": refused,
                    "tables": tables,
                }
            )
        return lines


def _rules(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rules that lines of the letter name, each once, by name."""
    return sorted({line["rule"]: line for line in lines}.values(), key=lambda line: line["rule"])


def _reading_order(finding: Finding, reports: Sequence[str]) -> tuple[object, ...]:
    """By report, sheet and place as a person reads them: line 9 before line 10, column
    B before AA.
    """
    report = reports.index(finding.report) if finding.report in reports else len(reports)
    sheet = [part.zfill(9) for part in re.split(r"(\d+)", finding.sheet)]
    row = [int(n) for n in re.findall(r"\d{1,9}", finding.cell)]
    letters = re.match(r"[A-Z]*", finding.cell)
    return report, sheet, row, letters[0].rjust(3) if letters else ""


def _place(finding: Finding) -> str:
    """The address of a finding in a narrow column: `D14`, or `line 12, value`."""
    return finding.cell.replace(", column ", ", ")


def _unnumbered(sheet: str) -> str:
    """The name of a sheet without the number before it, which would be read as a figure
    in a running text.
    """
    return sheet.lstrip("0123456789 ") or sheet
