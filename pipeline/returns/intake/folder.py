"""Which files of a round are returns, whose, and for which report?"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import (
    NO_PARTS,
    Parts,
    load_offices,
    office_named,
)
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.intake.shown import shown_name
from pipeline.system.files import name_as_text

# in this order: the first file of a state is the one read
FORMATS = (
    ".xlsx",
    ".xls",
    ".ods",
    ".csv",
    ".csv.gz",
)
# known, and not read
OTHER_FORMATS = (
    ".xlsm",
    ".xlsb",
    ".xltx",
    ".docx",
    ".doc",
    ".pdf",
    ".txt",
    ".tsv",
    ".zip",
)
COVER_SUFFIX = ".cover.csv"
WITHDRAWN_SUFFIX = ".withdrawn.csv"
# in the name of a file of records, which pipeline.returns.records finds and reads
RECORDS_MARK = ".records."
CASES = "cases"  # what the Center tells of a round, beside the returns
MEETINGS = "meetings"  # what experts judged together, beside the returns of a round
QUERY_LOG = "queries.csv"  # what the analysts asked and heard, beside the returns of a round
QUERY_RECORD = "queries.jsonl"  # who entered it
UNCLEAR_NAME, STRAY_FILE = "unclear-name", "stray-file"
_NAME = re.compile(
    r"(?P<state>[^.]+)(?:\.(?P<office>[A-Za-z][A-Za-z _-]*))?(?:\.(?P<number>[2-9]|[1-9][0-9]))?",
    re.DOTALL,
)
# stands for the number of a file whose name says none, beside a return: it is refused
# alone
UNNUMBERED = 100
# What programs leave in a folder by themselves: locks of open files, views of folders,
# halves of Macintosh files.
_LEFT_BY_PROGRAMS = re.compile(
    r"~\$.*|\.~lock\..*#|~WR[A-Z]\d+\.tmp|\._.*|\.DS_Store|__MACOSX|Icon\r|\.Spotlight-V100|\.Trashes|\.fseventsd"
    r"|(?:eh)?thumbs\.db|desktop\.ini|\.directory|\.nfs[0-9a-f]+|\.fuse_hidden[0-9a-f]+|\.gitkeep|\.gitignore",
    re.IGNORECASE | re.DOTALL,
)
_FIRST_LETTERS = re.compile(r"[^A-Za-z]*([A-Za-z]+)")


@dataclass(frozen=True)
class ReturnFile:
    """One file found in the folder of a report. `rule` says why it is not read; empty
    when it is a return.

    `number` orders what a state sent: its return is 1, later files (`RO.2.xlsx`) bring
    tables anew. A file of `withdraws` takes tables back. `office` is whose part of the
    return it is by its name (`RO.police.xlsx`), empty for the whole return; `parts` say
    which tables each office of the state gives, where that is entered.
    """

    report: str
    state: str
    path: Path
    name: str  # relative to the folder of the returns, as findings and sources print it
    cover: Path | None = None
    rule: str = ""
    number: int = 1
    withdraws: bool = False
    office: str = ""
    parts: Parts = field(default_factory=lambda: NO_PARTS)

    @property
    def suffix(self) -> str:
        return suffix_of(self.path.name)


def suffix_of(name: str) -> str:
    """The ending of a file name that tells its format, both endings of a compressed
    file.
    """
    lower = name.lower()
    return next((s for s in (*FORMATS, *OTHER_FORMATS) if lower.endswith(s)), Path(lower).suffix)


def find_returns(project: Project, contracts: Contracts, *, round_: int) -> list[ReturnFile]:
    """Every file of a round, by report, state and number. Raises UserError when the
    round has no folder.
    """
    folder = project.returns / str(round_)
    if not folder.is_dir():
        rounds = (
            sorted(p.name for p in project.returns.glob("*") if p.is_dir())
            if project.returns.is_dir()
            else []
        )
        raise UserError(
            f"there are no returns of round {round_}",
            where=str(folder),
            allowed=", ".join(rounds),
            do="give another round, or make the folder and put the returns in it",
        )
    everybody = {
        state
        for report in contracts.by_report
        for state in respondents(contracts, report, round_=round_)
    }
    found = [
        ReturnFile(
            "",
            "",
            p,
            f"{round_}/{shown_name(name_as_text(p.name))}",
            rule=_rule_outside(p, everybody),
        )
        for p in sorted(folder.iterdir())
        if p.name not in (*contracts.by_report, QUERY_LOG, QUERY_RECORD, CASES, MEETINGS)
        and not is_left_by_program(p.name)
    ]
    offices = load_offices(contracts)
    for report in contracts.by_report:
        found += (
            replace(file, parts=offices.of(report, file.state, round_=round_))
            for file in _find_in(folder / report, contracts, report=report, round_=round_)
        )
    return found


def is_left_by_program(name: str) -> bool:
    """True for what programs put beside files without being asked: nobody sent it, and
    nothing is said of it.
    """
    return _LEFT_BY_PROGRAMS.fullmatch(name) is not None


def _rule_outside(path: Path, states: Container[str]) -> str:
    """The rule for what lies beside the folders of the reports."""
    meant = suffix_of(path.name) in FORMATS and _meant_state(path.name, states)
    return "wrong-folder" if meant and path.is_file() else "not-a-return"


def _find_in(folder: Path, contracts: Contracts, *, report: str, round_: int) -> list[ReturnFile]:
    if not folder.is_dir():
        return []
    states = respondents(contracts, report, round_=round_)
    found: list[ReturnFile] = []
    taken: set[tuple[str, str, int]] = set()
    for path in sorted(folder.iterdir(), key=_order):
        is_records = RECORDS_MARK in path.name.lower() and not path.name.startswith(".")
        if is_left_by_program(path.name) or is_records:
            continue
        file = _classify(
            path,
            contracts,
            report=report,
            name=f"{round_}/{report}/{shown_name(name_as_text(path.name))}",
            states=states,
        )
        if file is None:
            continue
        place = (file.state, file.office, file.number)
        if not file.rule and place in taken:
            file = replace(file, rule="second-file")
        if not file.rule:
            taken.add(place)
        found.append(file)
    return [_beside_return(file, taken) for file in found]


def _beside_return(file: ReturnFile, taken: Iterable[tuple[str, str, int]]) -> ReturnFile:
    """A file that may be a return is refused alone where the state's return, or a part of
    it, is there, else as the return itself.
    """
    is_unclear = file.rule in (UNCLEAR_NAME, "unsupported-format") and any(
        state == file.state and number == 1 for state, _, number in taken
    )
    return replace(file, number=UNNUMBERED) if is_unclear else file


def _classify(
    path: Path, contracts: Contracts, *, report: str, name: str, states: list[str]
) -> ReturnFile | None:
    """What a file of the folder is; None for the cover of a CSV return, which is read
    with it.
    """
    lower = path.name.lower()
    suffix = suffix_of(path.name)
    meant = _meant_state(path.name, states)
    if path.name.startswith("."):
        rule = (
            UNCLEAR_NAME if meant and suffix in FORMATS else STRAY_FILE if meant else "not-a-return"
        )
        return ReturnFile(report, meant, path, name, rule=rule)
    if lower.endswith(COVER_SUFFIX):
        owner = path.name[: -len(COVER_SUFFIX)]
        if any((path.parent / f"{owner}{s}").is_file() for s in (".csv", ".csv.gz")):
            return None
        return ReturnFile(report, meant, path, name, rule=STRAY_FILE if meant else "not-a-return")
    withdraws = lower.endswith(WITHDRAWN_SUFFIX)
    stem = path.name[: -len(WITHDRAWN_SUFFIX if withdraws else suffix)] if suffix else path.name
    match = _NAME.fullmatch(stem)
    office = office_named(contracts, match["office"]) if match and match["office"] else ""
    if match and match["office"] and not office:
        match = None  # whatever stands there is no office
    state = _state_of(match["state"]) if match else ""
    number = int(match["number"] or 1) if match else 1
    known = state in states
    if path.is_symlink():
        return ReturnFile(
            report,
            state if known else "",
            path,
            name,
            rule="linked-file",
            number=number,
            office=office,
        )
    if not path.is_file():
        if known and suffix in FORMATS:
            return ReturnFile(
                report, state, path, name, rule="not-a-file", number=number, office=office
            )
        return ReturnFile(report, meant, path, name, rule=STRAY_FILE if meant else "not-a-return")
    if suffix in FORMATS and meant and not (match and known):
        return ReturnFile(report, meant, path, name, rule=UNCLEAR_NAME)
    if suffix in FORMATS and match and not known:
        return ReturnFile(report, shown_name(name_as_text(state)), path, name, rule="not-a-member")
    if suffix in FORMATS and match:
        cover = (
            path.with_name(path.name[: -len(suffix)] + COVER_SUFFIX)
            if suffix.startswith(".csv")
            else None
        )
        return ReturnFile(
            report,
            state,
            path,
            name,
            None if withdraws else cover,
            "",
            number,
            withdraws,
            office,
        )
    if known and match:
        return ReturnFile(
            report, state, path, name, rule="unsupported-format", number=number, office=office
        )
    return ReturnFile(report, meant, path, name, rule=STRAY_FILE if meant else "not-a-return")


def _meant_state(name: str, states: Container[str]) -> str:
    """The state with whose code a name begins, before a point, a space, a digit or any
    other sign; else empty.
    """
    first = _FIRST_LETTERS.match(name)
    return first[1].upper() if first and first[1].upper() in states else ""


def _state_of(name: str) -> str:
    """The code of a state as written in a file name, in capitals: "ſ" is no S, although
    its capital is.
    """
    return name.upper() if name.isascii() else name


def _order(path: Path) -> tuple[str, str, int, int, str]:
    suffix = suffix_of(path.name)
    match = _NAME.fullmatch(
        path.name[: -len(suffix)].removesuffix(".withdrawn") if suffix else path.name
    )
    number = int(match["number"] or 1) if match else 1
    state = _state_of(match["state"] if match else path.name)
    office = (match["office"] or "").casefold() if match else ""
    return (
        state,
        office,
        number,
        FORMATS.index(suffix) if suffix in FORMATS else len(FORMATS),
        path.name,
    )
