"""Is a return in order before it is sent? The Center's rules over one file, with
nothing around it but the contracts.

The file is read and checked in a folder of its own that is gone afterwards. Nothing is
compared with earlier rounds, which only the Center has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import COVER_SHEET, OFFICE_FIELD, respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import in_file_name, office_named, require_office
from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.formats.archive import MAX_FILE
from pipeline.returns.formats.opened import open_file
from pipeline.returns.formats.raw import DamagedFile, RawWorkbook
from pipeline.returns.intake.cover import cover_of_sheet
from pipeline.returns.intake.folder import COVER_SUFFIX, FORMATS, suffix_of
from pipeline.returns.intake.problems import FindingBook
from pipeline.returns.intake.vocabulary import load_words
from pipeline.returns.received import read_round
from pipeline.returns.rules.anchored import check_anchors
from pipeline.returns.rules.check import check_round
from pipeline.system.files import owner_only

_WHOSE = "give --report, --state and --round, as the cover would name them"


@dataclass(frozen=True)
class Whose:
    """Of which report, state and round a return is, and of which office where it is a
    part; empty and 0 where nobody said.
    """

    report: str = ""
    state: str = ""
    round: int = 0
    office: str = ""


@dataclass(frozen=True)
class Checked:
    """What the rules find in a return, and how many figures would be loaded."""

    whose: Whose
    findings: tuple[Finding, ...]
    loaded: int

    @property
    def in_order(self) -> bool:
        """Whether the Center would take it as it is, and ask nothing."""
        return all(f.severity == "note" for f in self.findings)


def check_alone(contracts: Contracts, path: Path, *, said: Whose) -> Checked:
    """Read and check one file of a return. `said` is what somebody told about it; what is
    left out is taken from the cover of a workbook.

    Raises UserError where there is no file, or nobody can tell whose return it is.
    """
    if suffix_of(path.name) not in FORMATS:
        raise UserError(
            f"'{path.name}' is not called as a return is",
            allowed=", ".join(FORMATS),
            do="name the workbook or the CSV file of a return",
        )
    data = _bytes_of(path)
    try:
        whose = _whose(contracts, data, said=said)
    except DamagedFile as damage:
        book = FindingBook(0, "", state="", file=path.name, contract_version="")
        book.add(damage.rule, damage.found)
        return Checked(said, tuple(book.findings), 0)
    _require_asked(contracts, whose)
    whose = replace(whose, office=_office(contracts, path, whose=whose))
    with TemporaryDirectory() as folder, owner_only(Path(folder)):
        here = Path(folder)
        project = Project(
            contracts.folder.parent,
            here / "outputs",
            here / "returns",
            records_folder=here / "records",
        )
        place = project.returns / str(whose.round) / whose.report
        place.mkdir(parents=True)
        suffix = suffix_of(path.name)
        name = whose.state + (f".{in_file_name(whose.office)}" if whose.office else "")
        (place / f"{name}{suffix}").write_bytes(data)
        cover = path.with_name(path.name[: -len(suffix)] + COVER_SUFFIX)
        if suffix.startswith(".csv") and cover.is_file():
            (place / f"{name}{COVER_SUFFIX}").write_bytes(_bytes_of(cover))
        reading = read_round(project, contracts, round_=whose.round)
        found = [
            *reading.findings,
            *check_round(project, contracts, round_=whose.round, reading=reading),
            *check_anchors(project, contracts, round_=whose.round, reading=reading),
        ]
    own = [replace(f, file=path.name) for f in found if f.file and f.state == whose.state]
    loaded = sum(a.loaded for a in reading.accounts)
    return Checked(whose, tuple(sorted(own, key=lambda f: (f.sort_key, f.found))), loaded)


def _bytes_of(path: Path) -> bytes:
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), do="give the file of a return")
    if path.stat().st_size > MAX_FILE:
        raise UserError(
            f"the file has {path.stat().st_size:,} bytes", where=str(path), allowed=f"{MAX_FILE:,}"
        )
    return path.read_bytes()


def _whose(contracts: Contracts, data: bytes, *, said: Whose) -> Whose:
    """Whose return it is, by what was said and by the cover. Raises DamagedFile where a
    workbook whose cover is needed cannot be opened.
    """
    if said.report and said.state and said.round:
        return said
    words = load_words(contracts.codelists)
    content = open_file(data, said.state, names={"field", "answer"}, words=words).content
    if not isinstance(content, RawWorkbook):
        raise UserError("a CSV file does not say whose return it is", do=_WHOSE)
    if content.active_content:
        raise DamagedFile("active-content", ", ".join(content.active_content[:5]))
    sheet = next((s for s in content.sheets if fold(s.name) == fold(COVER_SHEET)), None)
    answers = cover_of_sheet(sheet) if sheet else {}
    told = {field: cell.text.strip() for field, cell in answers.items()}
    number = told.get("round", "")
    whose = Whose(
        said.report or told.get("report", ""),
        said.state or told.get("state", ""),
        said.round or (int(number) if number.isascii() and number.isdigit() else 0),
        said.office or office_named(contracts, told.get(OFFICE_FIELD, "")),
    )
    if not (whose.report and whose.state and whose.round):
        raise UserError("the cover does not say whose return it is", do=_WHOSE)
    return whose


def _office(contracts: Contracts, path: Path, *, whose: Whose) -> str:
    """The office that was said, or that the name of the file or the cover of a workbook
    says; empty for a whole return. Raises UserError where somebody said what is none.
    """
    if whose.office:
        known = office_named(contracts, whose.office)
        return known or require_office(contracts, whose.office)
    words = path.name[: len(path.name) - len(suffix_of(path.name))].split(".")
    return office_named(contracts, words[1]) if len(words) > 1 else ""


def _require_asked(contracts: Contracts, whose: Whose) -> None:
    if whose.report not in contracts.by_report:
        raise UserError(
            f"there is no report '{whose.report[:40]}'",
            allowed=", ".join(contracts.by_report),
            do=_WHOSE,
        )
    if not 2000 <= whose.round < 2100:
        raise UserError(f"there is no round {whose.round}", allowed="2000 to 2099", do=_WHOSE)
    asked = respondents(contracts, whose.report, round_=whose.round)
    if whose.state not in asked:
        raise UserError(
            f"'{whose.state[:40]}' does not answer the {whose.report} questionnaire of round"
            f" {whose.round}",
            allowed=", ".join(asked),
            do=_WHOSE,
        )
