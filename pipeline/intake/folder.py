"""Which files of a round are returns, whose, and for which report?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.contracts.layout import tables_for
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.intake.shown import shown_name
from pipeline.project import REPORTS, Project

FORMATS = (".xlsx", ".xls", ".ods", ".csv", ".csv.gz")  # in this order: the first file of a state is the one read
OTHER_FORMATS = (".xlsm", ".xlsb", ".xltx", ".docx", ".doc", ".pdf", ".txt", ".tsv", ".zip")
COVER_SUFFIX = ".cover.csv"
WITHDRAWN_SUFFIX = ".withdrawn.csv"
RECORDS_MARK = ".records."  # in the name of a file of records, which pipeline.records finds and reads
QUERY_LOG = "queries.csv"  # what the analysts asked and heard, beside the returns of a round
QUERY_RECORD = "queries.jsonl"  # who entered it
KEPT_EMPTY = (".gitkeep", ".gitignore")  # keep an empty folder in version control
_NAME = re.compile(r"(?P<state>[^.]+)(?:\.(?P<number>[2-9]|[1-9][0-9]))?", re.DOTALL)


@dataclass(frozen=True)
class ReturnFile:
    """One file found in the folder of a report. `rule` says why it is not read; empty when it is a return.

    `number` orders what a state sent: its return is 1, later files (`RO.2.xlsx`) bring tables anew. A file of
    `withdraws` takes tables back.
    """

    report: str
    state: str
    path: Path
    name: str  # relative to the folder of the returns, as findings and sources print it
    cover: Path | None = None
    rule: str = ""
    number: int = 1
    withdraws: bool = False

    @property
    def suffix(self) -> str:
        return suffix_of(self.path.name)


def suffix_of(name: str) -> str:
    """The ending of a file name that tells its format, both endings of a compressed file."""
    lower = name.lower()
    return next((s for s in (*FORMATS, *OTHER_FORMATS) if lower.endswith(s)), Path(lower).suffix)


def respondents(contracts: Contracts, report: str, round_: int) -> list[str]:
    """Who answers the questionnaire of a report: the member states, and the Center where a table asks it."""
    asked = [*(c.code for c in contracts.members(round_)), "SELEC"]
    return [state for state in asked if tables_for(contracts.contract(report), state, round_)]


def find_returns(project: Project, contracts: Contracts, round_: int) -> list[ReturnFile]:
    """Every file of a round, by report, state and number. Raises UserError when the round has no folder."""
    folder = project.returns / str(round_)
    if not folder.is_dir():
        rounds = sorted(p.name for p in project.returns.glob("*") if p.is_dir()) if project.returns.is_dir() else []
        raise UserError(
            f"there are no returns of round {round_}", where=str(folder), allowed=", ".join(rounds),
            do="give another round, or make the folder and put the returns in it",
        )  # fmt: skip
    found = [
        ReturnFile("", "", p, f"{round_}/{shown_name(p.name)}", rule="not-a-return")
        for p in sorted(folder.iterdir())
        if p.name not in (*REPORTS, *KEPT_EMPTY, QUERY_LOG, QUERY_RECORD)
    ]
    for report in REPORTS:
        found += _find_in(folder / report, report, round_, respondents(contracts, report, round_))
    return found


def _find_in(folder: Path, report: str, round_: int, states: list[str]) -> list[ReturnFile]:
    if not folder.is_dir():
        return []
    found: list[ReturnFile] = []
    taken: set[tuple[str, int]] = set()
    for path in sorted(folder.iterdir(), key=_order):
        if path.name in KEPT_EMPTY or (RECORDS_MARK in path.name.lower() and not path.name.startswith(".")):
            continue
        file = _classify(path, report, f"{round_}/{report}/{shown_name(path.name)}", states)
        if file is None:
            continue
        if not file.rule and (file.state, file.number) in taken:
            file = replace(file, rule="second-file")
        if not file.rule:
            taken.add((file.state, file.number))
        found.append(file)
    return found


def _classify(path: Path, report: str, name: str, states: list[str]) -> ReturnFile | None:
    """What a file of the folder is; None for the cover of a CSV return, which is read with it."""
    lower, suffix = path.name.lower(), suffix_of(path.name)
    if path.name.startswith((".", "~$")):
        return ReturnFile(report, "", path, name, rule="not-a-return")
    if lower.endswith(COVER_SUFFIX):
        owner = path.name[: -len(COVER_SUFFIX)]
        owned = any((path.parent / f"{owner}{s}").is_file() for s in (".csv", ".csv.gz"))
        return None if owned else ReturnFile(report, "", path, name, rule="not-a-return")
    withdraws = lower.endswith(WITHDRAWN_SUFFIX)
    stem = path.name[: -len(WITHDRAWN_SUFFIX if withdraws else suffix)] if suffix else path.name
    match = _NAME.fullmatch(stem)
    state = _state_of(match["state"]) if match else ""
    number = int(match["number"] or 1) if match else 1
    known = state in states
    if path.is_symlink():
        return ReturnFile(report, state if known else "", path, name, rule="linked-file", number=number)
    if not path.is_file():
        rule = "not-a-file" if known and suffix in FORMATS else "not-a-return"
        return ReturnFile(report, state if rule == "not-a-file" else "", path, name, rule=rule, number=number)
    if suffix in FORMATS and match and not known:
        return ReturnFile(report, shown_name(state), path, name, rule="not-a-member")
    if suffix in FORMATS and match:
        cover = path.with_name(path.name[: -len(suffix)] + COVER_SUFFIX) if suffix.startswith(".csv") else None
        return ReturnFile(report, state, path, name, None if withdraws else cover, "", number, withdraws)
    if suffix in OTHER_FORMATS and known:
        return ReturnFile(report, state, path, name, rule="unsupported-format")
    return ReturnFile(report, "", path, name, rule="not-a-return")


def _state_of(name: str) -> str:
    """The code of a state as written in a file name, in capitals: "ſ" is no S, although its capital is."""
    return name.upper() if name.isascii() else name


def _order(path: Path) -> tuple[str, int, int, str]:
    suffix = suffix_of(path.name)
    match = _NAME.fullmatch(path.name[: -len(suffix)].removesuffix(".withdrawn") if suffix else path.name)
    number = int(match["number"] or 1) if match else 1
    state = _state_of(match["state"] if match else path.name)
    return state, number, FORMATS.index(suffix) if suffix in FORMATS else len(FORMATS), path.name
