"""Which states have confirmed what is printed of them, and who objects to what?

A confirmation is of what was shown then: where a version shows anything else now, it
has lapsed. So has the consent of a state that let pass the day until which it could
answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.release.proofs.figures import VersionFigures, version_names
from pipeline.release.proofs.record import Objection, read_answers
from pipeline.release.proofs.sheets import days_of, read_asked
from pipeline.report.document.order import ANNEX
from pipeline.system.kept import is_there


@dataclass(frozen=True)
class ProofStanding:
    """How the states of a report stand to it on a day. `waiting` have not answered,
    `silent` let their day pass. `changed` by version: states of which it now shows
    something else than they confirmed or were asked.
    """

    waiting: tuple[str, ...]
    silent: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    objections: tuple[Objection, ...]
    until: date | None


def proofs_of(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    report: str,
    states: Iterable[str],
    day: date,
) -> ProofStanding:
    """How these states stand to a report. Of versions that are built it is looked whether
    they still show what was confirmed.
    """
    answers = read_answers(project, round_)
    until = next(
        (e.proofs for e in days_of(project, contracts).of_round(round_) if e.report == report), None
    )
    sheets: dict[str, Mapping[str, str]] = {}
    waiting, silent = [], []
    for state in states:
        said = answers.confirmed.get((state, report))
        asked = read_asked(project, round_, state)
        if said:
            sheets[state] = said.sheets
        elif asked and asked.consents_by_silence(report, day):
            silent.append(state)
            sheets[state] = asked.sheets.get(report, {})
        else:
            waiting.append(state)
    changed: dict[str, tuple[str, ...]] = {}
    for version in version_names(project, contracts) if sheets else ():
        if is_there(project.master_folder(round_, report, version) / ANNEX):
            shown = VersionFigures(
                project, contracts, round_=round_, report=report, version=version
            )
            other = tuple(
                state
                for state, confirmed in sheets.items()
                if confirmed.get(version) != shown.of_state(state).fingerprint
            )
            changed |= {version: other} if other else {}
    open_ = tuple(answers.open_objections(report))
    return ProofStanding(tuple(waiting), tuple(silent), changed, open_, until)
