"""What does each state have to confirm? Its figures, marks and queries, by report.

`sheet.json` beside a sheet that was made says what was asked when and until when, so
that the gate knows whose silence means consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from pipeline.contracts.calendar import Calendar, load_calendar
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.proofs.figures import (
    SheetFigure,
    VersionFigures,
    Worked,
    figures_of,
    version_names,
)
from pipeline.release.proofs.record import Objection, read_answers
from pipeline.release.signoff.findings import OpenFinding, open_findings
from pipeline.system.kept import damaged, is_there, read_json

FOLDER, RECORD = "proof-sheets", "sheet.json"


@dataclass(frozen=True)
class ReportSheet:
    """What a state is asked to confirm of a report. `worked` are figures that are worked
    out from its own, by version; `others` counts those worked out with others'. `until`
    is the day until which it can answer, None where the calendar has none.
    """

    report: str
    title: str
    versions: tuple[str, ...]
    figures: tuple[SheetFigure, ...]
    worked: Mapping[str, tuple[Worked, ...]]
    others: int
    queries: tuple[OpenFinding, ...]
    objections: tuple[Objection, ...]
    until: date | None
    fingerprints: Mapping[str, str]

    @property
    def reported(self) -> list[SheetFigure]:
        """The figures that there are; the others are printed as not reported."""
        return [figure for figure in self.figures if figure.is_reported]


@dataclass(frozen=True)
class ProofSheet:
    """The sheet of a state, with the reports in which anything is shown of it. `made` is
    the day on which it was first made as it is.
    """

    round: int
    state: str
    name: str
    made: date
    reports: tuple[ReportSheet, ...]


@dataclass(frozen=True)
class Asked:
    """What a sheet that was made asks a state: for each report what each version shows,
    by its fingerprint, and until when. Silence means consent only where the day had not
    passed when the sheet was made.
    """

    made: date
    until: Mapping[str, date]
    sheets: Mapping[str, Mapping[str, str]]

    def consents_by_silence(self, report: str, day: date) -> bool:
        until = self.until.get(report)
        return until is not None and self.made <= until < day


def sheet_folder(project: Project, round_: int, state: str) -> Path:
    """Where the sheet of a state lies."""
    return project.round_folder(round_) / FOLDER / state


def read_asked(project: Project, round_: int, state: str) -> Asked | None:
    """What the sheet of a state asks; None where none was made. Raises DamagedFileError
    where it is no such record.
    """
    path = sheet_folder(project, round_, state) / RECORD
    if not is_there(path):
        return None
    found = read_json(path)
    try:
        until = {report: date.fromisoformat(day) for report, day in found["until"].items()}
        sheets = {str(report): dict(versions) for report, versions in found["sheets"].items()}
        return Asked(date.fromisoformat(found["made"]), until, sheets)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise damaged(path, f"it is no record of a proof sheet: {problem}") from problem


def days_of(project: Project, contracts: Contracts) -> Calendar:
    """The calendar, for the days until which sheets are to come back."""
    policy = load_policy(project.contracts, contracts)
    return load_calendar(project.contracts, contracts, policy=policy)


class SheetMaker:
    """Makes the sheets of a round from what was built: every version of a report. Raises
    UserError where a version was not built.
    """

    def __init__(
        self,
        project: Project,
        contracts: Contracts,
        *,
        round_: int,
        day: date,
        reports: Iterable[str] | None = None,
    ) -> None:
        self.project, self.contracts = project, contracts
        self.round, self.day = round_, day
        names = list(version_names(project, contracts))
        self.versions = {
            report: [
                VersionFigures(project, contracts, round_=round_, report=report, version=name)
                for name in names
            ]
            for report in (project.reports if reports is None else reports)
            if contracts.contract(report).tables_of(round_)  # else the round asks for none of it
        }
        self.answers = read_answers(project, round_)
        days = days_of(project, contracts).of_round(round_)
        self.until = {entry.report: entry.proofs for entry in days}

    def states(self) -> list[str]:
        """The states that have anything to confirm."""
        found = {s for of in self.versions.values() for version in of for s in version.states()}
        return sorted(found)

    @cached_property
    def findings(self) -> dict[str, list[OpenFinding]]:
        return {
            report: open_findings(self.project, self.contracts, round_=self.round, report=report)
            for report in self.versions
        }

    def sheet(self, state: str) -> ProofSheet:
        """The sheet of a state. Raises UserError where nothing is shown of it."""
        if state not in (known := self.states()):
            raise UserError(
                f"nothing is printed of '{state[:20]}' in round {self.round}",
                allowed=", ".join(known),
                do="give one of these as STATE=",
            )
        sheet = ProofSheet(
            self.round,
            state,
            self.contracts.codelist("states").label(state),
            self.day,
            tuple(self._reports(state)),
        )
        asked = read_asked(self.project, self.round, state)
        same = asked is not None and asked_by(replace(sheet, made=asked.made)) == asked
        return replace(sheet, made=asked.made) if asked and same else sheet

    def _reports(self, state: str) -> Iterator[ReportSheet]:
        for report, versions in self.versions.items():
            of_state = {v.version: v.of_state(state) for v in versions}
            figures = figures_of(state, versions, round_=self.round)
            if not figures:
                continue
            yield ReportSheet(
                report,
                self.contracts.contract(report).title,
                tuple(of_state),
                tuple(figures),
                {name: found.worked for name, found in of_state.items() if found.worked},
                max(found.others for found in of_state.values()),
                tuple(
                    f for f in self.findings[report] if f.state == state and f.severity == "query"
                ),
                tuple(o for o in self.answers.open_objections(report) if o.state == state),
                self.until.get(report),
                {name: found.fingerprint for name, found in of_state.items()},
            )


def asked_by(sheet: ProofSheet) -> Asked:
    """What a sheet asks of its state."""
    return Asked(
        sheet.made,
        {r.report: r.until for r in sheet.reports if r.until},
        {r.report: dict(r.fingerprints) for r in sheet.reports},
    )
