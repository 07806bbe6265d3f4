"""Which files go back to which state? Writes marked returns and letters beside the
findings pages.

`outputs/<round>/findings/<STATE>/` holds a marked copy of every return that could be
read and one letter. All of it is restricted: findings quote what stands in the returns.
A file is made again only when what it is made from changed, and one that is no longer
due is removed, so that a folder never answers a return that was replaced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.contracts.answer import read_answer_days
from pipeline.contracts.codelists import fold
from pipeline.contracts.definitions import read_version_texts
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import in_file_name, office_label, office_named
from pipeline.contracts.sender_binds import FOR_STATES
from pipeline.errors import UserError
from pipeline.findings import SEVERITIES, Finding
from pipeline.project import Project
from pipeline.returns.feedback.answer_sheet import answers_csv
from pipeline.returns.feedback.letter import LIST_LENGTHS, LetterWriter, read_figures
from pipeline.returns.feedback.marked_csv import mark_csv
from pipeline.returns.feedback.marked_workbook import Heading, mark_cells, mark_workbook
from pipeline.returns.feedback.receipt import receipt_pdf
from pipeline.returns.formats.opened import open_file
from pipeline.returns.formats.raw import CsvText, DamagedFile
from pipeline.returns.intake.folder import WITHDRAWN_SUFFIX, suffix_of
from pipeline.returns.intake.lines import header_names, localise
from pipeline.returns.intake.reading import FileReading
from pipeline.returns.intake.vocabulary import load_words
from pipeline.returns.intake.withdrawal import WITHDRAWAL_COLUMNS
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.pages import (
    SEVERITY_TEXT,
    states_with_page,
    write_pages,
)
from pipeline.returns.rules.summary import part_rows, summary_rows
from pipeline.returns.submissions import Receipt, read_receipts
from pipeline.returns.texts import N_, languages, load_texts
from pipeline.system.files import write_private
from pipeline.system.kept import keep_bytes, remembered
from pipeline.system.progress import Progress, silent
from pipeline.system.sources import digest_of

RECORD = "feedback.json"
ENDINGS = ("-marked.xlsx", "-marked.csv", "-answers.csv", "-receipt.pdf", "-letter.pdf")
_LIBRARIES = ("openpyxl", "weasyprint", "babel", "jinja2", "fonttools")


def write_feedback(
    project: Project,
    contracts: Contracts,
    *,
    validation: Validation,
    state: str = "",
    progress: Progress = silent,
) -> list[Path]:
    """Write what goes back to one state, or to all of them; returns the files that are
    new or changed.

    Raises UserError when the state sent and owes nothing, or when a return changed
    since it was checked.
    """
    work = _Work(project, contracts, validation)
    states = work.states
    if state and state not in states:
        raise UserError(
            f"state '{state}' has no findings page in round {validation.reading.round}",
            allowed=", ".join(states),
            do="give the code of one of these states",
        )
    asked = [state] if state else states
    written: list[Path] = []
    for done, code in enumerate(asked):
        progress(f"feedback for {code}", done, total=len(asked))
        written += work.write(code)
    work.tidy(asked)
    write_pages(project, contracts, validation=validation)
    return written


def remove_outdated(project: Project, contracts: Contracts, *, validation: Validation) -> None:
    """Remove what was made from returns or findings that are no longer those of the
    round, in whatever language.
    """
    work = _Work(project, contracts, validation)
    if not work.record:
        return
    for language in sorted(
        {made.language for made in work.record.values()} & set(languages(project))
    ):
        spoken = _Work(replace(project, language=language), contracts, validation)
        for state in work.states:
            work.kept |= set(spoken.valid(state))
    work.tidy(work.states)
    write_pages(project, contracts, validation=validation)


@dataclass(frozen=True)
class _Copy:
    """A marked copy that is due: its name, the return it is made from, its findings,
    and a digest of all of that.
    """

    name: str
    file: FileReading
    findings: tuple[Finding, ...]
    inputs: str


@dataclass(frozen=True)
class _Made:
    """What is remembered of a file that was written: its language, and digests of its
    inputs and its content.
    """

    language: str
    inputs: str
    sha256: str


@dataclass
class _Work:
    project: Project
    contracts: Contracts
    validation: Validation
    kept: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.round = self.validation.reading.round
        self.folder = self.project.findings(self.round)
        self.texts = load_texts(self.project)
        self.states = list(states_with_page(self.contracts, self.validation))
        self.marking = read_version_texts(self.project.templates)[FOR_STATES].marking
        self.code = _digest(_code(self.project), self.texts.language, self.marking)
        path = self.project.work(self.round) / RECORD
        self.record = {name: _Made(**made) for name, made in remembered(path).items()}

    @cached_property
    def receipts(self) -> list[Receipt]:
        return read_receipts(self.project, self.round)

    @cached_property
    def letters(self) -> LetterWriter:
        return LetterWriter(
            self.project,
            self.contracts,
            self.validation,
            read_figures(self.project, self.contracts, round_=self.round),
            self.texts,
            self.marking,
            read_answer_days(self.project.contracts),
        )

    def write(self, state: str) -> list[Path]:
        written = []
        for office in self._offices(state):
            written += self._write(state, office)
        for path, receipt in self._receipts(state):
            content = receipt_pdf(
                self.project,
                self.contracts,
                receipt=receipt,
                texts=self.texts,
                marking=self.marking,
            )
            if self._put(path, content, inputs=receipt.id):
                written.append(path)
            self.kept.add(path)
        return written

    def _write(self, state: str, office: str) -> list[Path]:
        """What goes back to an office of a state; to the state itself where it is
        empty.
        """
        written, enclosed = [], []
        for copy in self._copies(state, office):
            path = self.folder / state / copy.name
            if not self._is_valid(path, copy.inputs):
                try:
                    content = self._mark(copy)
                except (
                    DamagedFile
                ):  # it was read before: the machine has less memory or time for it now
                    continue
                if self._put(path, content, inputs=copy.inputs):
                    written.append(path)
            self.kept.add(path)
            enclosed.append(copy.name)
        if content := answers_csv(self._asked(state, office), self.texts):
            path = self._answers(state, office)
            if self._put(path, content, inputs=_sha256(content)):
                written.append(path)
            self.kept.add(path)
            enclosed.append(path.name)
        path = self._letter(state, office)
        inputs = self._letter_inputs(state, office, enclosed)
        if not self._is_valid(path, inputs):
            with TemporaryDirectory() as folder:  # only its owner can look into it
                part = Path(folder) / path.name
                self.letters.pdf(state, enclosed, output=part, office=office)
                content = part.read_bytes()
            if self._put(path, content, inputs=inputs):
                written.append(path)
        self.kept.add(path)
        return written

    def valid(self, state: str) -> Iterator[Path]:
        """The files of a state that are made from the inputs of now."""
        for path, receipt in self._receipts(state):
            if self._is_valid(path, receipt.id):
                yield path
        for office in self._offices(state):
            enclosed = []
            for copy in self._copies(state, office):
                if self._is_valid(path := self.folder / state / copy.name, copy.inputs):
                    enclosed.append(copy.name)
                    yield path
            if content := answers_csv(self._asked(state, office), self.texts):
                path = self._answers(state, office)
                if self._is_valid(path, _sha256(content)):
                    enclosed.append(path.name)
                    yield path
            path = self._letter(state, office)
            if self._is_valid(path, self._letter_inputs(state, office, enclosed)):
                yield path

    def tidy(self, states: Sequence[str]) -> None:
        """Remove files of these states, and of states that have none any more, that are
        not kept; write the record.
        """
        for path in self.folder.glob("*/*"):
            state = path.parent.name
            is_ours = path.name.startswith(f"{state}-") and path.name.endswith(ENDINGS)
            if is_ours and path not in self.kept and (state in states or state not in self.states):
                path.unlink()
                self.record.pop(self._name(path), None)
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()
        self.record = {n: v for n, v in sorted(self.record.items()) if (self.folder / n).is_file()}
        text = json.dumps({n: asdict(made) for n, made in self.record.items()}, indent=1) + "\n"
        keep_bytes(self.project.work(self.round) / RECORD, text.encode())

    # What is due.

    def _offices(self, state: str) -> list[str]:
        """Whom something goes back to: the state itself, and its offices that sent parts."""
        files = self.validation.reading.files
        return ["", *sorted({f.office for f in files if f.state == state and f.office})]

    def _copies(self, state: str, office: str) -> Iterator[_Copy]:
        for file in self.validation.reading.files:
            # a file that was not read has nothing to mark
            if (file.state, file.office) != (state, office) or not file.kind:
                continue
            findings = tuple(f for f in self.validation.findings if f.file == file.file)
            # What a state sent later is told apart as its files are: RO.2.xlsx,
            # RO.3.withdrawn.csv.
            name = PurePosixPath(file.file).name
            words = name[: len(name) - len(suffix_of(name))].lower().split(".")[1:]
            if office:  # the name of the file, or the cover alone, says whose it is
                others = [w for w in words if office_named(self.contracts, w) != office]
                words = [in_file_name(office), *others]
            part = "".join(f"-{word}" for word in words)
            ending = ".csv" if file.kind.startswith("csv") else ".xlsx"
            told = [f.as_json() for f in findings]
            inputs = _digest(file.sha256, told, self._heading(file, findings).lines, self.code)
            yield _Copy(
                f"{state}-{file.report}-{self.round}{part}-marked{ending}", file, findings, inputs
            )

    def _receipts(self, state: str) -> Iterator[tuple[Path, Receipt]]:
        for receipt in self.receipts:
            if receipt.state == state:
                yield (
                    self.folder / state / f"{receipt.id}{_of(receipt.office)}-receipt.pdf",
                    receipt,
                )

    def _answers(self, state: str, office: str) -> Path:
        return self.folder / state / f"{state}-{self.round}{_of(office)}-answers.csv"

    def _asked(self, state: str, office: str) -> list[Finding]:
        whose = (state, office)
        return [f for f in self.validation.findings if (f.state, f.office) == whose]

    def _letter(self, state: str, office: str) -> Path:
        return self.folder / state / f"{state}-{self.round}{_of(office)}-letter.pdf"

    def _letter_inputs(self, state: str, office: str, enclosed: Sequence[str]) -> str:
        view = self.letters.view(state, enclosed, most=LIST_LENGTHS[0], office=office)
        return _digest(view, self.code)

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.folder))

    def _is_valid(self, path: Path, inputs: str) -> bool:
        """Whether a file is there as it was written, from the same inputs."""
        made = self.record.get(self._name(path))
        return bool(
            made
            and made.inputs == inputs
            and path.is_file()
            and made.sha256 == _sha256(path.read_bytes())
        )

    def _put(self, path: Path, content: bytes, *, inputs: str) -> bool:
        self.record[self._name(path)] = _Made(self.texts.language, inputs, _sha256(content))
        return write_private(path, content)

    # How a copy is made.

    def _mark(self, copy: _Copy) -> bytes:
        data = self._bytes(copy.file)
        file = copy.file
        contract = self.contracts.contract(file.report)
        codelists = self.contracts.codelists
        withdraws = file.file.lower().endswith(WITHDRAWN_SUFFIX)
        names = WITHDRAWAL_COLUMNS if withdraws else header_names(contract, codelists)
        opened = open_file(data, file.state, names=names, words=load_words(codelists))
        content = opened.content
        if isinstance(content, CsvText):
            named = content if withdraws else localise(content, contract, codelists=codelists)[0]
            columns = [fold(field) for field in named.records[0].fields]
            return mark_csv(content, columns, findings=copy.findings, texts=self.texts)
        heading = self._heading(file, copy.findings)
        if opened.kind == "xlsx":
            return mark_workbook(
                data,
                content,
                findings=copy.findings,
                heading=heading,
                round_=self.round,
                texts=self.texts,
            )
        return mark_cells(
            content, copy.findings, heading=heading, round_=self.round, texts=self.texts
        )

    def _bytes(self, file: FileReading) -> bytes:
        path = self.project.returns / file.file
        data = path.read_bytes() if path.is_file() else b""
        if _sha256(data) != file.sha256:
            raise UserError(
                "the return is not the one that was checked",
                where=str(path),
                do=f"run 'make validate ROUND={self.round}'",
            )
        return data

    def _heading(self, file: FileReading, findings: Sequence[Finding]) -> Heading:
        say = self.texts.say
        state = self.contracts.codelist("states").label(file.state)
        title = say(N_("{state}: findings in the return")).format(state=state)
        rows = [
            r
            for r in summary_rows(self.validation, [*self.contracts.by_report])
            if r.state == file.state
        ]
        if file.office:
            title = f"{title}, {office_label(self.contracts, file.office)}"
            rows = part_rows(self.validation, report=file.report, state=file.state)
        row = next(r for r in rows if (r.report, r.office) == (file.report, file.office))
        counts = [
            f"{say(SEVERITY_TEXT[s])} ({sum(f.severity == s for f in findings)})"
            for s in SEVERITIES
        ]
        lines = (
            say(N_("{report}, round {round}")).format(
                report=self.contracts.contract(file.report).title, round=self.round
            ),
            say(N_("File {file}, SHA-256 {hash}; outcome: {outcome}")).format(
                file=file.file, hash=file.sha256[:12], outcome=say(row.outcome)
            ),
            *counts,
            say(N_("Correct your own file and send it again: this copy is no return.")),
        )
        return Heading(title, self.marking, lines)


def _of(office: str) -> str:
    """An office as the name of a file has it, behind what stands before it."""
    return f"-{in_file_name(office)}" if office else ""


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _digest(*parts: Any) -> str:
    return _sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode())


@lru_cache(maxsize=4)
def _code(project: Project) -> str:
    """A digest of what makes the files beside their inputs: the code, its texts and
    templates, the libraries.
    """
    files = [
        *(project.templates / "feedback").glob("*"),
        *(project.templates / "locale").glob("*/*.po"),
    ]
    texts = [(p.name, _sha256(p.read_bytes())) for p in sorted(files)]
    return _digest(digest_of(__name__), texts, [version(n) for n in _LIBRARIES])
