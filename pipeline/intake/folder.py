"""Which files of a round are returns, whose, and for which report?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.contracts.layout import tables_for
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import REPORTS, Project

FORMATS = (".xlsx", ".xls", ".ods", ".csv", ".csv.gz")  # in this order: the first file of a state is the one read
OTHER_FORMATS = (".xlsm", ".xlsb", ".xltx", ".docx", ".doc", ".pdf", ".txt", ".tsv", ".zip")
COVER_SUFFIX = ".cover.csv"
WITHDRAWN_SUFFIX = ".withdrawn.csv"
QUERY_LOG = "queries.csv"  # what the analysts asked and heard, beside the returns of a round
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
    members = [c.code for c in contracts.members(round_)]
    return members + (["SELEC"] if tables_for(contracts.contract(report), "SELEC") else [])


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
        ReturnFile("", "", p, f"{round_}/{printable(p.name)}", rule="not-a-return")
        for p in sorted(folder.iterdir())
        if p.name not in (*REPORTS, *KEPT_EMPTY, QUERY_LOG)
    ]
    for report in REPORTS:
        found += _find_in(folder / report, report, round_, respondents(contracts, report, round_))
    return found


def printable(name: str) -> str:
    """A file name as it may be printed: control characters and unpaired surrogates as escapes."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _find_in(folder: Path, report: str, round_: int, states: list[str]) -> list[ReturnFile]:
    if not folder.is_dir():
        return []
    found: list[ReturnFile] = []
    taken: set[tuple[str, int]] = set()
    for path in sorted(folder.iterdir(), key=_order):
        if path.name in KEPT_EMPTY:
            continue
        file = _classify(path, report, f"{round_}/{report}/{printable(path.name)}", states)
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
    state = match["state"].upper() if match else ""
    number = int(match["number"] or 1) if match else 1
    known = state in states
    if path.is_symlink():
        return ReturnFile(report, state if known else "", path, name, rule="linked-file")
    if not path.is_file():
        return ReturnFile(report, "", path, name, rule="not-a-return")
    if suffix in FORMATS and match and not known:
        return ReturnFile(report, printable(state), path, name, rule="not-a-member")
    if suffix in FORMATS and match:
        cover = path.with_name(path.name[: -len(suffix)] + COVER_SUFFIX) if suffix.startswith(".csv") else None
        return ReturnFile(report, state, path, name, None if withdraws else cover, "", number, withdraws)
    if suffix in OTHER_FORMATS and known:
        return ReturnFile(report, state, path, name, rule="unsupported-format")
    return ReturnFile(report, "", path, name, rule="not-a-return")


def _order(path: Path) -> tuple[str, int, int, str]:
    suffix = suffix_of(path.name)
    match = _NAME.fullmatch(path.name[: -len(suffix)].removesuffix(".withdrawn") if suffix else path.name)
    number = int(match["number"] or 1) if match else 1
    state = match["state"].upper() if match else path.name.upper()
    return state, number, FORMATS.index(suffix) if suffix in FORMATS else len(FORMATS), path.name
