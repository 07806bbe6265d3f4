"""How is the answer to a proof sheet entered? Against the sheet that was sent."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.proofs.record import enter_confirmation, enter_objection
from pipeline.release.proofs.sheets import RECORD, Asked, SheetMaker, read_asked, sheet_folder
from pipeline.system.signed.people import Person


def confirm(
    project: Project,
    *,
    round_: int,
    state: str,
    reports: Iterable[str],
    text: str,
    who: Person,
) -> list[str]:
    """Enter that a state confirmed its sheet, of some reports or of all on it. Returns
    the reports.

    What is confirmed is the sheet that was made: the state has seen no other. Raises
    UserError where none was made, or a report is not on it.
    """
    asked = _asked(project, round_, state)
    chosen = list(reports) or list(asked.sheets)
    for report in chosen:
        if report not in asked.sheets:
            raise UserError(
                f"{report} is not on the sheet of {state}",
                where=str(sheet_folder(project, round_, state) / RECORD),
                allowed=", ".join(asked.sheets),
                do=f"'make proof-sheets ROUND={round_} STATE={state}' makes it",
            )
    sheets = {report: asked.sheets[report] for report in chosen}
    enter_confirmation(project, round_, state=state, sheets=sheets, text=text, who=who)
    return chosen


def object_to(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    state: str,
    figures: str,
    text: str,
    who: Person,
) -> tuple[str, list[str]]:
    """Enter that a state objects to figures of its own: keys, or places where they stand,
    parted by commas or blanks, all of one report. Returns the id of the objection and the
    keys.

    Raises UserError where no sheet was made, one is on none of the state, or they are of
    several reports.
    """
    asked = _asked(project, round_, state)
    reports = _reports(asked, figures)
    maker = SheetMaker(project, contracts, round_=round_, day=who.day, reports=reports)
    keys: dict[str, str] = {}
    for report in maker.sheet(state).reports:
        places: dict[str, str] = {}
        for figure in report.figures:
            named = (figure.key, *(shown.ref for shown in figure.shown.values() if shown.ref))
            places |= dict.fromkeys(named, figure.key)
        for name in _names(figures):
            if name in places:
                keys[name] = places[name]
        if keys and keys.keys() >= set(_names(figures)):
            told = sorted(set(keys.values()))
            id_ = enter_objection(
                project,
                round_,
                state=state,
                report=report.report,
                keys=told,
                text=text,
                who=who,
            )
            return id_, told
        keys = {}
    raise UserError(
        f"'{figures[:120]}' names no figures of {state} in one report",
        where=f"proof sheet of {state}, round {round_}",
        allowed="places such as thb:T4.r4.c2, or keys, as they stand on the sheet",
        do="give REF= as on the sheet; an objection for each report",
    )


def _names(figures: str) -> list[str]:
    return figures.replace(",", " ").split()


def _asked(project: Project, round_: int, state: str) -> Asked:
    """What the state was sent."""
    if (asked := read_asked(project, round_, state)) is None:
        raise UserError(
            f"no proof sheet of '{state[:20]}' was made",
            where=str(sheet_folder(project, round_, state) / RECORD),
            do=f"'make proof-sheets ROUND={round_} STATE={state[:20]}' makes it",
        )
    return asked


def _reports(asked: Asked, figures: str) -> list[str]:
    """The reports of a sheet in which figures are looked for: that of a place, which
    begins with it; all for keys.
    """
    named = {name.partition(":")[0] for name in _names(figures)}
    return [report for report in asked.sheets if report in named] or list(asked.sheets)
