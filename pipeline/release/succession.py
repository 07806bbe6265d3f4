"""Which edition would a build be, and what does it correct of the one before?

The number is the next one by the record of releases, so it is known before anybody
approves. What the edition before printed is read from its released files, whose hashes
are in that record; what a protected one showed must be what the register has of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import VersionRule, load_policy
from pipeline.disclosure.register import editions
from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.release.changes.figures import PROTECTION, WHY, changed_figures
from pipeline.release.changes.sides import Printed, Side, cells_of
from pipeline.release.manifest import MANIFEST, git_commit, parse_manifest, sha256
from pipeline.release.signoff.events import Release, Submission, parse_event
from pipeline.release.signoff.record import Subject, record_of, standing
from pipeline.report.document.order import ANNEX
from pipeline.report.document.worker import answer
from pipeline.report.edition import (
    HIDDEN,
    Correction,
    Edition,
    Replaced,
    note_path,
    parse_edition,
    read_edition,
)
from pipeline.system.answers import raise_end
from pipeline.system.apart import Apart
from pipeline.system.files import csv_rows, name_as_text
from pipeline.system.kept import is_kept, is_there, keep_bytes
from pipeline.system.watch import files_below

Row = Mapping[str, str]
_MISSING = {"value": "", "obs_status": "O", "conf_status": "F"}
_SOURCES = ("data_contracts/", "sql/", "pipeline/")
_NO_END = "9999-12-31"  # what was received by then is everything


def edition_name(subject: Subject, number: int, *, rehearsal: bool = False) -> str:
    """The name of an edition, told apart from those of all other versions and rounds."""
    kind = "REHEARSAL-" if rehearsal else ""
    return f"{kind}{subject.report}-{subject.round}-{subject.version}-{number}"


def note_edition(project: Project, subject: Subject) -> Edition:
    """Write beside the store of a version which edition a build of now would be. Returns
    it.

    In a process of its own where something was released before: marts and ledger are
    opened for the reasons. Raises SignOffError where the edition before is not what was
    released.
    """
    if _has_none_before(project, subject):
        write_note(_store(project, subject), Edition())
    else:
        ended = Apart(_note_apart, project, subject).end()
        if ended.code:
            raise_end(ended.code, answer=ended.told, noise=ended.noise)
    return read_edition(_store(project, subject))


def _note_apart(tell: Callable[[str], None], project: Project, subject: Subject) -> None:
    """In a process of its own: work out the edition and write its note."""
    answer(tell, partial(_work_out, project, subject))


def _work_out(project: Project, subject: Subject) -> None:
    found = edition_of_build(project, load_contracts(project.contracts), subject)
    write_note(_store(project, subject), found)


def write_note(store: Path, edition: Edition) -> None:
    """Write the note on an edition where it is not there as it must be."""
    path, content = note_path(store), edition.as_json()
    if not is_kept(path) or path.read_bytes() != content:
        keep_bytes(path, content)


def _store(project: Project, subject: Subject) -> Path:
    return project.store(subject.round, subject.report, subject.version)


def _has_none_before(project: Project, subject: Subject) -> bool:
    record = project.signoff_record(subject.round, subject.report, version=subject.version)
    return not is_there(record) and not _listed(project, subject)


# --- the number


def _number_after(taken: Set[int], listed: Mapping[int, Path], *, shown: bytes) -> int:
    """One more than all before; a number that stands in the register with the very cells
    that are shown, but was never released here, was entered by hand or by a release that
    died, and is taken up.
    """
    for number in sorted(set(listed) - taken):
        if listed[number].read_bytes() == shown:
            return number
    return max({*taken, *listed}, default=0) + 1


def _listed(project: Project, subject: Subject) -> dict[int, Path]:
    """The files of a version in the register, by the number of their edition."""
    pattern = re.compile(rf"{re.escape(subject.report)}-{subject.round}-([0-9]+)")
    found = {}
    for path in (project.releases / subject.version).glob("*.csv"):
        if match := pattern.fullmatch(path.stem):
            found[int(match[1])] = path
    return found


@dataclass(frozen=True)
class Next:
    """What a build would be by the records, before its figures are looked at: its number,
    and the release that it would replace, with whether that one still stands.
    """

    number: int
    replaces: Release | None
    stands: bool


def next_edition(project: Project, subject: Subject, *, shown: bytes) -> Next:
    """Which edition comes next; `shown` are the cells of the version as CSV. Raises
    SignOffError where the record is not as it was written.
    """
    now = standing(project, subject)
    last = max(now.released, key=lambda event: event.edition, default=None)
    taken = {event.edition for event in now.released}
    number = _number_after(taken, _listed(project, subject), shown=shown)
    return Next(number, last, now.state == "released")


def is_next(project: Project, subject: Subject) -> bool:
    """Whether the edition that a version says it is would come next. Nobody's signature
    is looked at here: a build that follows from it does that.
    """
    edition = read_edition(_store(project, subject))
    if _has_none_before(project, subject):
        return edition == Edition()
    events = _events(project, subject)
    released = [event for event in events if event.get("event") == "release"]
    shown = project.released(subject.round, subject.report, version=subject.version)
    number = _number_after(
        {int(event["edition"]) for event in released},
        _listed(project, subject),
        shown=shown.read_bytes() if shown.is_file() else b"",
    )
    last = max(released, key=lambda event: int(event["edition"]), default={})
    replaces = edition.replaces and (edition.replaces.name, str(edition.replaces.day))
    return (edition.number, replaces) == (
        number,
        (last["name"], last["day"]) if last else None,
    )


def stands(project: Project, subject: Subject) -> bool:
    """Whether the last thing that became of a version is its release."""
    events = _events(project, subject)
    return bool(events) and events[-1].get("state") == "released"


def _events(project: Project, subject: Subject) -> list[dict[str, Any]]:
    """What a record says, unchecked."""
    path = project.signoff_record(subject.round, subject.report, version=subject.version)
    try:
        return [json.loads(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValueError):
        return []


# --- what is corrected


def edition_of_build(project: Project, contracts: Contracts, subject: Subject) -> Edition:
    """The edition that a build of now would be, with each figure of the one before that
    is another one now, and why.

    Raises SignOffError where the files of the edition before are not those that were
    released, or where they show what the register does not know.
    """
    shown = project.released(subject.round, subject.report, version=subject.version).read_bytes()
    found = next_edition(project, subject, shown=shown)
    if found.replaces is None:
        return Edition(found.number)
    rule = load_policy(project.contracts, contracts).version(subject.version)
    before = _rows_before(project, subject, found.replaces, rule=rule)
    rows = list(_corrected(before, _by_key(shown)))
    reasons = _reasons(project, contracts, subject, released=found.replaces, rows=rows, rule=rule)
    return Edition(
        found.number,
        _replaced(found.replaces),
        tuple(_correction(old, now, why=WHY[reasons[old["key"]]]) for old, now in rows),
    )


def edition_problems(
    project: Project,
    subject: Subject,
    *,
    rule: VersionRule,
    shown: bytes,
    seen: bytes,
    number: object,
) -> Iterator[str]:
    """What is wrong with the note on an edition that is to be released, and with the
    `number` in its manifest: both must be what record, released files and the cells that
    are `shown` say now.
    """
    try:
        found = next_edition(project, subject, shown=shown)
        note = parse_edition(seen, Path("the note on the edition"))
        if number != found.number or note.number != found.number:
            yield (
                f"the files say edition {number}, and the next one is edition {found.number}; run"
                f" 'make submit' to build and hand it in"
            )
            return
        replaced = _replaced(found.replaces) if found.replaces else None
        if note.replaces != replaced:
            yield f"it says that it replaces {note.replaces}, and it would replace {replaced}"
            return
        if found.replaces:
            before = _rows_before(project, subject, found.replaces, rule=rule)
            rows = _corrected(before, _by_key(shown))
            expected = {old["key"]: _correction(old, now, why="") for old, now in rows}
            told = {c.key: replace(c, why="") for c in note.corrections}
            wrong = sorted(k for k in {*expected, *told} if expected.get(k) != told.get(k))
            yield from (f"the corrigendum is wrong about {key}" for key in wrong[:5])
            if strange := {c.why for c in note.corrections} - set(WHY.values()):
                yield f"the corrigendum gives a reason that is none: {sorted(strange)[0][:80]}"
    except UserError as problem:
        yield " ".join(str(problem).split())[:300]


def _replaced(event: Release) -> Replaced:
    return Replaced(event.name, event.edition, date.fromisoformat(event.day))


def _rows_before(
    project: Project, subject: Subject, released: Release, *, rule: VersionRule
) -> dict[str, Row]:
    """The lines of the data file of a released edition, by key."""
    path = project.edition_folder(subject.version, released.name) / ANNEX
    content = path.read_bytes() if path.is_file() else b""
    if sha256(content) != released.files.get(ANNEX):
        raise SignOffError(
            f"{ANNEX} of edition {released.edition} is not what was released",
            where=str(path),
            allowed="the file as it was released: the next edition says what it corrects of it",
            do="restore the folder of the edition from its copy",
        )
    rows = _by_key(content)
    if rule.protected:
        _require_registered(project, subject, released, rows=rows)
    return rows


def _require_registered(
    project: Project, subject: Subject, released: Release, *, rows: Mapping[str, Row]
) -> None:
    """Nothing is told of an edition that the register, beside which versions are proven,
    does not know as shown.
    """
    name = f"{subject.report}-{subject.round}-{released.edition}"
    known = [e for e in editions(project, [subject.version]) if e.name == name]
    shown = known[0].shown() if known else {}
    strange = sorted(
        key for key, row in rows.items() if row["value"] and shown.get(key) != Decimal(row["value"])
    )
    if strange:
        raise SignOffError(
            f"edition {released.edition} printed what the register does not know: {strange[0]}",
            where=f"{subject.version}/{name}.csv",
            allowed="the cells that the register of editions has of it",
            do="restore the register of releases from its last good copy",
        )


def _by_key(content: bytes) -> dict[str, Row]:
    return {row["key"]: row for row in csv_rows(content)}


def _corrected(before: Mapping[str, Row], now: Mapping[str, Row]) -> Iterator[tuple[Row, Row]]:
    """What the edition before printed and what is said now, of each figure that reads
    another way.

    A figure without a line now is missing: a row that an edition named is never left out
    as a whole of a later one (`pipeline.disclosure.choose.decide`).
    """
    for key, old in sorted(before.items()):
        new = now.get(key, {**_MISSING, "key": key})
        if _read(old) != _read(new):
            yield old, new


def _read(row: Row) -> tuple[str, ...]:
    """What makes two lines read alike: the value, or what stands in place of it."""
    return (row["value"],) if row["value"] else ("", row["obs_status"], row["conf_status"])


def _correction(old: Row, now: Row, *, why: str) -> Correction:
    if old["value"] and _is_withheld(now):
        return Correction(old["key"], "", old["unit"], HIDDEN, "", why)
    return Correction(
        old["key"], old["value"], old["unit"], old["obs_status"], old["conf_status"], why
    )


def _is_withheld(row: Row) -> bool:
    return not row["value"] and row["conf_status"] == "S"


def _reasons(
    project: Project,
    contracts: Contracts,
    subject: Subject,
    *,
    released: Release,
    rows: Iterable[tuple[Row, Row]],
    rule: VersionRule,
) -> dict[str, str]:
    """By key the reason of each correction, as `make changes` finds it. That a protected
    version withholds a figure, or no longer does, has the one reason that says nothing
    of the figure.
    """
    rows = list(rows)
    if not rows:
        return {}
    folder = project.edition_folder(subject.version, released.name)
    made = parse_manifest((folder / MANIFEST).read_bytes(), folder / MANIFEST)
    before = _inputs_of(project, subject, released)
    old = Side(_printed(o for o, _ in rows), before, made.git_commit, made.data_cutoff)
    now = _inputs_now(project, before)
    new = Side(_printed(n for _, n in rows), now, git_commit(project.root), _NO_END, project)
    changes = changed_figures(project, contracts, round_=subject.round, old=old, new=new)
    found = {change.key: change.why for change in changes}
    if rule.protected:
        found |= {o["key"]: PROTECTION for o, n in rows if _is_withheld(o) != _is_withheld(n)}
    return {o["key"]: found.get(o["key"], PROTECTION) for o, _ in rows}


def _printed(rows: Iterable[Row]) -> dict[str, Printed]:
    return cells_of([dict(row) for row in rows])


def _inputs_of(project: Project, subject: Subject, released: Release) -> dict[str, str]:
    """From what an edition was made, as the submission says that led to it: manifests of
    protected versions name no return.
    """
    found: Mapping[str, str] = {}
    for event in map(parse_event, record_of(project, subject).read()):
        match event:
            case Submission(inputs=inputs):
                found = inputs
            case Release(edition=number) if number == released.edition:
                break
    return dict(found)


def _inputs_now(project: Project, names: Iterable[str]) -> dict[str, str]:
    """The hashes of these inputs as they are now, and of all returns."""
    files = {n: project.root / n for n in names if n.startswith(_SOURCES)}
    files |= {
        f"returns/{name_as_text(f.relative_to(project.returns))}": f
        for f in files_below(project.returns)
    }
    return {name: sha256(path.read_bytes()) for name, path in files.items() if path.is_file()}
