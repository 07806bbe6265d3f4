"""What was ever released? A register of editions: what each showed, and apart from it the true cells of its day.

`releases/<version>/<edition>.csv` repeats what the edition published; `releases/restricted/<version>-<edition>.csv`
holds the figures behind it, which the protection of later editions needs. Nothing in the register is changed later.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipeline.cells import Key
from pipeline.disclosure.sums import TrueCell
from pipeline.errors import UserError
from pipeline.files import csv_bytes
from pipeline.kept import check_file, damaged, is_there, keep_bytes, read_bytes
from pipeline.project import Project

ENTERED = "entered.csv"  # when each edition was entered
TRUE_COLUMNS = ("key", "value", "obs_status", "conf_status", "origin", "parts")


@dataclass(frozen=True)
class Registered:
    """One registered edition: `thb-2021-1` of a version, its published file, and the figures behind it."""

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
            return {row["key"]: Decimal(row["value"]) for row in csv.DictReader(file) if row["value"]}


def editions(project: Project, versions: Iterable[str]) -> list[Registered]:
    """The registered editions of these versions, newest round and edition first."""
    found = []
    for version in versions:
        for path in (project.releases / version).glob("*.csv"):
            check_file(path)
            found.append(Registered(path.stem, version, path, _read_true(_behind(project, version, path.stem))))
    return sorted(found, key=lambda e: (_round_and_number(e.name), e.name), reverse=True)


def newest_of(found: Iterable[Registered], version: str, round_: int) -> list[Registered]:
    """Of these editions, newest first, the last one of each report in this version and round."""
    last: dict[str, Registered] = {}
    for edition in found:
        report, of, _ = edition.name.rsplit("-", 2)
        if edition.version == version and of == str(round_):
            last.setdefault(report, edition)
    return list(last.values())


def register(
    project: Project, round_: int, report: str, version: str, cells: Iterable[TrueCell], today: date | None = None,
    number: int | None = None,
) -> str:  # fmt: skip
    """Add an edition; `cells` are the true cells of the report. Returns its name, old or new.

    Without a `number`, cells that an edition showed before are that edition; with one they are a new edition all the
    same, of which only the text changed. The day on which it was entered is noted, so that what was known on a day can
    be built again. Raises UserError when the number stands for other cells.
    """
    source = project.released(round_, report, version)
    if not source.is_file():
        do = f"run 'make reports ROUND={round_}' first"
        raise UserError("there is nothing to register", where=str(source), do=do)
    content, folder = source.read_bytes(), project.releases / version
    numbers = sorted(_round_and_number(p.stem)[1] for p in folder.glob(f"{report}-{round_}-*.csv"))
    for known in numbers:
        same = read_bytes(folder / f"{report}-{round_}-{known}.csv") == content
        if same and number in (None, known):
            return f"{report}-{round_}-{known}"
        if known == number:
            raise UserError(
                f"edition {number} showed other cells", where=str(folder), allowed="an edition is never changed",
                do="release a new edition",
            )  # fmt: skip
    name = f"{report}-{round_}-{number or (numbers[-1] + 1 if numbers else 1)}"
    behind = _behind(project, version, name)
    for path, data in ((behind, _true_csv(cells)), (folder / f"{name}.csv", content)):
        keep_bytes(path, data)
    line = ((today or date.today()).isoformat(), version, name)
    keep_bytes(project.releases / ENTERED, csv_bytes(("day", "version", "edition"), [*_entered(project), line]))
    return name


def as_known_on(project: Project, day: date, folder: Path) -> int:
    """Copy the editions that were registered by a day into another register. Returns how many there were."""
    shutil.rmtree(folder, ignore_errors=True)
    entered = [line for line in _entered(project) if line[0] <= day.isoformat()]
    for _, version, name in entered:
        for path in (project.releases / version / f"{name}.csv", _behind(project, version, name)):
            target = folder / path.relative_to(project.releases)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return len(entered)


def _entered(project: Project) -> list[list[str]]:
    """Day, version and name of every registered edition, in the order in which they were entered."""
    path = project.releases / ENTERED
    if not is_there(path):
        return []
    try:
        lines = list(csv.reader(io.StringIO(read_bytes(path).decode("utf-8"), newline="")))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise damaged(path, str(problem)) from problem
    if not lines or any(len(line) != len(lines[0]) for line in lines):
        raise damaged(path, "a line is cut off")
    return lines[1:]


def _behind(project: Project, version: str, name: str) -> Path:
    return project.releases / "restricted" / f"{version}-{name}.csv"


def _round_and_number(name: str) -> tuple[int, int]:
    try:
        _, round_, number = name.rsplit("-", 2)
        return int(round_), int(number)
    except ValueError as problem:
        raise UserError(
            f"'{name}' is not the name of an edition", where="register of releases",
            allowed="<report>-<round>-<number>", do="move the file out of the register",
        ) from problem  # fmt: skip


def _true_csv(cells: Iterable[TrueCell]) -> bytes:
    rows = sorted(
        (
            str(c.key), "" if c.value is None else format(c.value, "f"), c.obs_status, c.conf_status, c.origin,
            " ".join(c.parts),
        )
        for c in cells
    )  # fmt: skip
    return csv_bytes(TRUE_COLUMNS, rows)


def _read_true(path: Path) -> tuple[TrueCell, ...]:
    if not is_there(path):
        raise UserError(
            "the figures behind a released edition are missing, so nothing can be proven safe beside it",
            where=str(path), do="restore the register of releases with its folder 'restricted'",
        )  # fmt: skip
    content = read_bytes(path)
    try:
        return tuple(
            TrueCell(
                Key.parse(r["key"]), Decimal(r["value"]) if r["value"] else None, r["obs_status"], r["conf_status"],
                r["origin"], tuple(r["parts"].split()),
            )
            for r in csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
        )  # fmt: skip
    except (ValueError, KeyError, AttributeError, ArithmeticError, csv.Error, UserError) as problem:
        raise damaged(path, f"a line of it cannot be read: {problem}") from problem
