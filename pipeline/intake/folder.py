"""Which files of a round are returns, whose, and for which report?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.layout import tables_for
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import REPORTS, Project

FORMATS = (".xlsx", ".csv")  # in this order: the first file of a state is the one that is read
OTHER_FORMATS = (".xls", ".xlsm", ".xlsb", ".xltx", ".ods", ".numbers", ".docx", ".doc", ".pdf", ".txt", ".tsv", ".zip")
COVER_SUFFIX = ".cover.csv"
RECORDS_MARK = ".records."  # in the name of a file of records, which pipeline.records finds and reads
KEPT_EMPTY = (".gitkeep", ".gitignore")  # keep an empty folder in version control


@dataclass(frozen=True)
class ReturnFile:
    """One file found in the folder of a report. `rule` says why it is not read; empty when it is a return."""

    report: str
    state: str
    path: Path
    name: str  # relative to the folder of the returns, as findings and sources print it
    cover: Path | None = None
    rule: str = ""


def respondents(contracts: Contracts, report: str, round_: int) -> list[str]:
    """Who answers the questionnaire of a report: the member states, and the Center where a table asks it."""
    members = [c.code for c in contracts.members(round_)]
    return members + (["SELEC"] if tables_for(contracts.contract(report), "SELEC") else [])


def find_returns(project: Project, contracts: Contracts, round_: int) -> list[ReturnFile]:
    """Every file of a round in a fixed order. Raises UserError when the round has no folder."""
    folder = project.returns / str(round_)
    if not folder.is_dir():
        rounds = sorted(p.name for p in project.returns.glob("*") if p.is_dir()) if project.returns.is_dir() else []
        raise UserError(
            f"there are no returns of round {round_}", where=str(folder), allowed=", ".join(rounds),
            do="give another round, or make the folder and put the returns in it",
        )  # fmt: skip
    found = [
        ReturnFile("", "", p, f"{round_}/{p.name}", rule="not-a-return")
        for p in sorted(folder.iterdir())
        if p.name not in REPORTS and p.name not in KEPT_EMPTY
    ]
    for report in REPORTS:
        found += _find_in(folder / report, report, round_, respondents(contracts, report, round_))
    return found


def _find_in(folder: Path, report: str, round_: int, states: list[str]) -> list[ReturnFile]:
    if not folder.is_dir():
        return []
    found: list[ReturnFile] = []
    taken: set[str] = set()
    for path in sorted(folder.iterdir(), key=_order):
        name = f"{round_}/{report}/{path.name}"
        state, suffix = path.stem.upper(), path.suffix.lower()
        if path.name in KEPT_EMPTY or (RECORDS_MARK in path.name.lower() and not path.name.startswith(".")):
            continue
        if path.name.lower().endswith(COVER_SUFFIX):
            owner = path.name[: -len(COVER_SUFFIX)]
            if not (folder / f"{owner}.csv").is_file():
                found.append(ReturnFile(report, "", path, name, rule="not-a-return"))
            continue
        if not path.is_file() or path.name.startswith((".", "~$")):
            found.append(ReturnFile(report, "", path, name, rule="not-a-return"))
        elif suffix in FORMATS and state not in states:
            found.append(ReturnFile(report, state, path, name, rule="not-a-member"))
        elif suffix in FORMATS:
            cover = path.with_name(path.stem + COVER_SUFFIX) if suffix == ".csv" else None
            rule = "second-file" if state in taken else ""
            taken.add(state)
            found.append(ReturnFile(report, state, path, name, cover, rule))
        elif suffix in OTHER_FORMATS and state in states:
            found.append(ReturnFile(report, state, path, name, rule="unsupported-format"))
        else:
            found.append(ReturnFile(report, "", path, name, rule="not-a-return"))
    return found


def _order(path: Path) -> tuple[str, int, str]:
    suffix = path.suffix.lower()
    return path.stem.upper(), FORMATS.index(suffix) if suffix in FORMATS else len(FORMATS), path.name
