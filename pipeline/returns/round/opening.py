"""How is a round opened? One package a state: its forms, its letter, a list of hashes.

Everything is made first and put in place at once: a folder holds the packages of all
states, or stays as it was.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.contracts.calendar import Dates
from pipeline.contracts.layout import respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import in_file_name, load_offices, office_label
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.round.before import Reported, reported_before
from pipeline.returns.round.forms import StateForm, build_form
from pipeline.returns.round.opening_letter import Asked, OpeningLetters
from pipeline.returns.texts import load_texts
from pipeline.system.files import unfinished, write_private
from pipeline.system.progress import Progress, silent

HASHES = "SHA256SUMS"
_OURS = re.compile(rf"[A-Z]{{2,5}}-[0-9]{{4}}\.zip|{HASHES}")


@dataclass(frozen=True)
class Package:
    """What a state gets. `no_room` names sheets on which earlier figures had no line,
    and how many.
    """

    state: str
    content: bytes
    grey: int
    no_room: tuple[tuple[str, int], ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Opened:
    """A round that was opened: its folder, and the packages in it."""

    folder: Path
    packages: tuple[tuple[Path, Package], ...]


def open_round(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    entries: Iterable[Dates],
    to: Path | None = None,
    progress: Progress = silent,
) -> Opened:
    """Make the packages of all states for a round and put them into `to`, or into the
    outputs of the round; all of them or none. The same inputs give the same bytes.

    Raises UserError where an earlier round was not checked, or the folder holds
    something else.
    """
    folder = to or project.round_folder(round_) / "opening"
    _require_ours(folder)
    dates = {d.report: d for d in entries if d.round == round_}
    reported = {
        c.report: reported_before(project, contracts, report=c.report, round_=round_)
        for c in contracts
    }
    asked = {c.report: respondents(contracts, c.report, round_=round_) for c in contracts}
    states = [
        s.code for s in contracts.codelist("states") if any(s.code in a for a in asked.values())
    ]
    if not states:
        raise UserError(f"nobody is asked in round {round_}", do="give another round")
    maker = _Maker(project, contracts, round_, dates)
    made = []
    for done, state in enumerate(states):
        progress(f"forms of {state}", done, total=len(states))
        reports = [r for r, who in asked.items() if state in who]
        made.append(maker.package(state, {r: reported[r] for r in reports}))
    names = {f"{p.state}-{round_}.zip": p for p in made}
    files = {name: p.content for name, p in names.items()}
    _put_in_place(folder, files | {HASHES: _hash_list(files)})
    return Opened(folder, tuple((folder / name, p) for name, p in names.items()))


@dataclass(frozen=True)
class _Form:
    """A workbook of a package: of which report, and of which office of the state."""

    report: str
    office: str
    form: StateForm

    def file(self, state: str) -> str:
        """Its name in the package, which is that of the return."""
        part = f".{in_file_name(self.office)}" if self.office else ""
        return f"{self.report}/{state}{part}.xlsx"


@dataclass(frozen=True)
class _Maker:
    project: Project
    contracts: Contracts
    round: int
    dates: Mapping[str, Dates]

    def package(self, state: str, reported: Mapping[str, Reported]) -> Package:
        """The package of a state, with a form for each of its reports; one for each office
        where the state sends the return in parts.
        """
        arranged = load_offices(self.contracts)
        forms = [
            _Form(
                report,
                office,
                build_form(
                    self.contracts,
                    report,
                    state=state,
                    round_=self.round,
                    reported=before,
                    office=office,
                ),
            )
            for report, before in reported.items()
            for office in arranged.of(report, state, round_=self.round) or ("",)
        ]
        files = {form.file(state): form.form.content for form in forms}
        letter = f"{state}-{self.round}-letter.pdf"
        files[letter] = self._letter(state, forms)
        files[HASHES] = _hash_list(files)
        return Package(
            state,
            _zipped(files, self.round),
            sum(f.form.grey for f in forms),
            tuple(dict.fromkeys(n for f in forms for n in f.form.no_room)),
        )

    def _letter(self, state: str, forms: Sequence[_Form]) -> bytes:
        opens = [self.dates[f.report].opens for f in forms if f.report in self.dates]
        letters = OpeningLetters(
            self.project, load_texts(self.project), self.round, min(opens, default=None)
        )
        members = {m.code for m in self.contracts.members(self.round)}
        name = self.contracts.codelist("states").label(state)
        asked = [self._asked(state, form) for form in forms]
        return letters.pdf(name, asked, is_member=state in members)

    def _asked(self, state: str, form: _Form) -> Asked:
        dates = self.dates.get(form.report)
        due = dates.due_of(state) if dates else None
        return Asked(
            self.contracts.contract(form.report).title,
            form.file(state),
            due,
            bool(dates and due != dates.due),
            len(form.form.sheets),
            form.form.grey,
            form.office and office_label(self.contracts, form.office),
        )


def _hash_list(files: Mapping[str, bytes]) -> bytes:
    """A list as `sha256sum --check` reads it."""
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    return "".join(lines).encode()


def _zipped(files: Mapping[str, bytes], round_: int) -> bytes:
    """The files as one archive whose bytes do not depend on the clock."""
    stamp = datetime(round_ + 1, 1, 1).timetuple()[:6]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, stamp)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            target.writestr(member, content)
    return archive.getvalue()


def _require_ours(folder: Path) -> None:
    """Refuse a place where something else stands: it would be gone."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(
            "there is no folder for the packages", where=str(folder), do="name another folder"
        )
    others = (
        [p.name for p in folder.iterdir() if not _OURS.fullmatch(p.name)] if folder.exists() else []
    )
    if others:
        raise UserError(
            f"the folder holds other files, such as {sorted(others)[0]!r}",
            where=str(folder),
            allowed="a folder that is new, or holds packages of a round only",
            do="name another folder: what stands in it is replaced as a whole",
        )


def _put_in_place(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files beside the folder and change one for the other, so that it never
    holds a part of them.
    """
    fresh, before = unfinished(folder), unfinished(folder.with_name(f"{folder.name}.before"))
    for left in (fresh, before):
        shutil.rmtree(left, ignore_errors=True)
    try:
        for name, content in files.items():
            write_private(fresh / name, content)
        if folder.exists():
            folder.rename(before)
        try:
            fresh.rename(folder)
        except OSError:
            with suppress(OSError):
                before.rename(folder)
            raise
    finally:
        for left in (fresh, before):
            shutil.rmtree(left, ignore_errors=True)
