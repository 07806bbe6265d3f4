"""What was ever released? A register of editions: what each showed, and apart from it
the true cells of its day.

`releases/<version>/<edition>.csv` repeats what the edition published;
`releases/restricted/<version>-<edition>.csv` holds the figures behind it, which the
protection of later editions needs. `entered.jsonl` is the signed record of who entered
which edition when, with the hashes of both files: the register holds these files as
they were, and no others.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipeline.cells import Key
from pipeline.disclosure.secret import secret_path
from pipeline.errors import SignOffError, UserError
from pipeline.numbers.true_cells import TrueCell
from pipeline.project import Project
from pipeline.system.files import csv_bytes, write_file, write_private
from pipeline.system.kept import damaged, is_there, read_bytes
from pipeline.system.signed.chain import Chain, open_chain
from pipeline.system.signed.event_lines import digest, file_of, lines_of
from pipeline.system.signed.heads import OF_A_DAY
from pipeline.system.signed.people import Person

ENTERED = "entered.jsonl"  # who entered each edition, when
_BEFORE = "entered.csv"  # the list without signatures that there was before
TRUE_COLUMNS = ("key", "value", "obs_status", "conf_status", "origin", "parts")


@dataclass(frozen=True)
class Registered:
    """One registered edition: `thb-2021-1` of a version, its published file, and the
    figures behind it.
    """

    name: str
    version: str
    released: Path
    cells: tuple[TrueCell, ...]

    @property
    def label(self) -> str:
        """The name of the edition among those of all versions."""
        return f"{self.version}-{self.name}"

    def shown(self) -> dict[str, Decimal]:
        """The cells that the edition showed, with their values."""
        with self.released.open(encoding="utf-8", newline="") as file:
            return {
                row["key"]: Decimal(row["value"]) for row in csv.DictReader(file) if row["value"]
            }

    def named(self) -> frozenset[str]:
        """The cells that the edition has a line for, with or without a value."""
        with self.released.open(encoding="utf-8", newline="") as file:
            return frozenset(row["key"] for row in csv.DictReader(file))


def editions(project: Project, versions: Iterable[str]) -> list[Registered]:
    """The registered editions of these versions, newest round and edition first.

    Raises SignOffError that names what is missing, changed, or not entered, in any
    version.
    """
    wanted = tuple(versions)
    require_whole(project, wanted)
    found = []
    for version in wanted:
        for path in (project.releases / version).glob("*.csv"):
            found.append(
                Registered(
                    path.stem, version, path, _read_true(_behind(project, version, name=path.stem))
                )
            )
    return sorted(found, key=lambda e: (_round_and_number(e.name), e.name), reverse=True)


def newest_of(found: Iterable[Registered], version: str, *, round_: int) -> list[Registered]:
    """Of these editions, newest first, the last one of each report in this version and
    round.
    """
    last: dict[str, Registered] = {}
    for edition in found:
        report, of, _ = edition.name.rsplit("-", 2)
        if edition.version == version and of == str(round_):
            last.setdefault(report, edition)
    return list(last.values())


def register(
    project: Project,
    round_: int,
    *,
    report: str,
    version: str,
    cells: Iterable[TrueCell],
    who: Person,
    number: int | None = None,
) -> str:
    """Add an edition, signed by `who`; `cells` are the true cells of the report.
    Returns its name, old or new.

    Without a `number`, cells that an edition showed before are that edition; with one
    they are a new edition all the same, of which only the text changed. The day on
    which it was entered is noted, so that what was known on a day can be built again.
    An entry comes before its files: a run that died between them is finished by the
    next. Raises UserError when the number stands for other cells.
    """
    source = project.released(round_, report, version=version)
    if not source.is_file():
        do = f"run 'make reports ROUND={round_}' first"
        raise UserError("there is nothing to register", where=str(source), do=do)
    content = source.read_bytes()
    behind = _true_csv(cells)
    entered = {
        _round_and_number(e["edition"])[1]: e
        for e in record_of_register(project).read()
        if e["version"] == version and e["edition"].rpartition("-")[0] == f"{report}-{round_}"
    }
    for known, event in sorted(entered.items()):
        if event["shown"] == digest(content) and number in (None, known):
            name = str(event["edition"])
            # else it is there, and the returns have changed since
            if digest(behind) == event["behind"]:
                _put(project, version, name=name, shown=content, behind=behind)
            return name
        if known == number:
            raise UserError(
                f"edition {number} showed other cells",
                where=str(project.releases / version),
                allowed="an edition is never changed",
                do="release a new edition",
            )
    name = f"{report}-{round_}-{number or max(entered, default=0) + 1}"
    record_of_register(project).append(
        {
            "event": "register",
            "version": version,
            "edition": name,
            "shown": digest(content),
            "behind": digest(behind),
        },
        who,
    )
    _put(project, version, name=name, shown=content, behind=behind)
    return name


def _put(project: Project, version: str, *, name: str, shown: bytes, behind: bytes) -> None:
    for path, data in (
        (project.releases / version / f"{name}.csv", shown),
        (_behind(project, version, name=name), behind),
    ):
        if not path.is_file() or path.read_bytes() != data:
            write_file(path, data)


def require_whole(project: Project, versions: Iterable[str] = ()) -> None:
    """Every edition that was entered is there with the files of that day, and no other,
    also in these `versions`.

    Raises SignOffError with everything that is not so.
    """
    if (project.releases / _BEFORE).exists():
        raise SignOffError(
            "this register is from before entries were signed, when all were rehearsals",
            where=str(project.releases / _BEFORE),
            allowed=ENTERED,
            do="move the whole register away and begin anew",
        )
    entered = record_of_register(project).read()
    expected: dict[Path, str] = {}
    for event in entered:
        expected[project.releases / event["version"] / f"{event['edition']}.csv"] = event["shown"]
        expected[_behind(project, event["version"], name=event["edition"])] = event["behind"]
    folders = {path.parent for path in expected} | {
        project.releases / v for v in (*versions, "restricted")
    }
    found = {path for folder in folders for path in folder.glob("*.csv")}
    wrong = [
        f"{_short(project, p)}: there, but never entered" for p in sorted(found - set(expected))
    ]
    for path, sha256 in expected.items():
        if path not in found:
            wrong.append(f"{_short(project, path)}: entered, but missing")
        elif digest(path.read_bytes()) != sha256:
            wrong.append(f"{_short(project, path)}: not as it was entered")
    if wrong:
        raise SignOffError(
            "what was released is not what the register says, so nothing can be proven safe"
            " beside it:" + "".join(f"\n  - {line}" for line in wrong),
            where=str(project.releases),
            allowed=f"the files that {ENTERED} names, as they were entered",
            do=(
                "restore the register from its last good copy; where an entry was interrupted,"
                " 'make register' or 'make release' finishes it"
            ),
        )


def _short(project: Project, path: Path) -> str:
    return path.relative_to(project.releases).as_posix()


def as_known_on(project: Project, day: date, *, folder: Path) -> int:
    """Copy the editions that were registered by a day into another register, for
    reading. Returns how many.
    """
    require_whole(project)
    shutil.rmtree(folder, ignore_errors=True)
    known = [
        event for event in record_of_register(project).read() if event["day"] <= day.isoformat()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / OF_A_DAY, f"{day}\n".encode())
    if known:  # days go forward, so that these are the first lines
        write_file(folder / ENTERED, file_of(lines_of(project.releases / ENTERED)[: len(known)]))
    if secret_path(project).is_file():  # as the choice was made then, so it is again
        write_private(
            secret_path(replace(project, releases_folder=folder)), read_bytes(secret_path(project))
        )
    for event in known:
        version = event["version"]
        name = event["edition"]
        for path in (
            project.releases / version / f"{name}.csv",
            _behind(project, version, name=name),
        ):
            target = folder / path.relative_to(project.releases)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return len(known)


def record_of_register(project: Project) -> Chain:
    """The record of who entered which edition."""
    return open_chain(
        project,
        "register",
        path=project.releases / ENTERED,
        holds=("version", "edition", "shown", "behind"),
    )


def _behind(project: Project, version: str, *, name: str) -> Path:
    return project.releases / "restricted" / f"{version}-{name}.csv"


def _round_and_number(name: str) -> tuple[int, int]:
    try:
        _, round_, number = name.rsplit("-", 2)
        return int(round_), int(number)
    except ValueError as problem:
        raise UserError(
            f"'{name}' is not the name of an edition",
            where="register of releases",
            allowed="<report>-<round>-<number>",
            do="move the file out of the register",
        ) from problem


def _true_csv(cells: Iterable[TrueCell]) -> bytes:
    rows = sorted(
        (
            str(c.key),
            "" if c.value is None else format(c.value, "f"),
            c.obs_status,
            c.conf_status,
            c.origin,
            " ".join(c.parts),
        )
        for c in cells
    )
    return csv_bytes(TRUE_COLUMNS, rows)


def _read_true(path: Path) -> tuple[TrueCell, ...]:
    if not is_there(path):
        raise UserError(
            "the figures behind a released edition are missing, so nothing can be proven safe"
            " beside it",
            where=str(path),
            do="restore the register of releases with its folder 'restricted'",
        )
    content = read_bytes(path)
    try:
        return tuple(
            TrueCell(
                Key.parse(r["key"]),
                Decimal(r["value"]) if r["value"] else None,
                r["obs_status"],
                r["conf_status"],
                r["origin"],
                tuple(r["parts"].split()),
            )
            for r in csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
        )
    except (ValueError, KeyError, AttributeError, ArithmeticError, csv.Error, UserError) as problem:
        raise damaged(path, f"a line of it cannot be read: {problem}") from problem
