"""What does a second build show? One report made again in another place, then three
changes, each followed by a build.

One build serves the tests of repeatability, of incremental make and of leaks, because a
build takes a minute. The steps, in order: build the report on trafficking and the
stores of all; build again; touch a text of it; correct a figure of one migration return
and hide canaries in a return on trafficking; hide a canary in a text of the restricted
version and render the public one. What each step did is kept in `steps.json`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builds import ROUND, copy_project, run_make

from pipeline.project import Project

CANARIES = ("canary-note-quokka", "canary-contact-wombat", "canary-text-numbat")
REPORT = "thb"  # that is built; of the others nothing but the stores
TEXT = "templates/thb/narrative/countries.md"  # of a chapter that only the restricted version has
# Nothing of these surroundings may be seen in what is built.
SURROUNDINGS = {
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "LANG": "tr_TR.UTF-8",
    "USER": "someone",
    "LOGNAME": "someone",
    "PYTHONHASHSEED": "4711",
    "SOURCE_DATE_EPOCH": "1",
    "OMP_NUM_THREADS": "3",
}


@dataclass(frozen=True)
class Elsewhere:
    """The folder of the second build. `first` are its outputs before anything was
    changed.
    """

    folder: Path

    @property
    def first(self) -> Project:
        return Project(self.folder / "copy", self.folder / "first")

    @property
    def last(self) -> Project:
        return Project(self.folder / "copy", self.folder / "copy" / "outputs")

    @property
    def steps(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            (self.folder / "steps.json").read_text(encoding="utf-8")
        )
        return content


def build_elsewhere(folder: Path) -> None:
    """Build, then change and make again; see the top of this file."""
    folder.mkdir()
    root = copy_project(folder / "copy")
    outputs = root / "outputs"
    steps: dict[str, Any] = {}
    asked = "reports", f"REPORTS={REPORT}"
    run_make(*asked, root=root, environment=SURROUNDINGS)
    before = _times(outputs)
    run_make(*asked, root=root, environment=SURROUNDINGS)
    steps["written by a second make"] = sorted(
        f for f, time in _times(outputs).items() if before.get(f) != time
    )
    shutil.copytree(outputs / str(ROUND), folder / "first" / str(ROUND), copy_function=shutil.copy2)

    (root / "templates/thb/narrative/summary.md").touch()
    steps["planned after a text was touched"] = _planned(root)

    correct_migration_return(root / f"returns/{ROUND}/migration/RO.xlsx")
    plant_canaries(root / f"returns/{ROUND}/thb/RO.xlsx")
    build(root, "--until", "stores protect")
    steps["planned after returns were corrected"] = _planned(root)

    text = root / TEXT
    text.write_text(
        text.read_text(encoding="utf-8") + f"\n{CANARIES[2]} in words.\n", encoding="utf-8"
    )
    build(root, "--reports", REPORT, "--versions", "public")
    (folder / "steps.json").write_text(json.dumps(steps, indent=1), encoding="utf-8")


def build(root: Path, *options: str) -> None:
    """Do some of the steps of a build, in the same surroundings."""
    command = [".venv/bin/python", "-m", "pipeline", "build", "--round", str(ROUND), *options]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, **SURROUNDINGS}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def _times(outputs: Path) -> dict[str, int]:
    """When each file was written, but for what every run may note for itself: which
    process holds the lock, how long it took, and which digests it worked out.
    """
    files = (p for p in outputs.rglob("*") if p.is_file() and p.name != ".lock")
    named = {str(p.relative_to(outputs)): p.stat().st_mtime_ns for p in files}
    return {n: t for n, t in named.items() if n != ".steps/files.json" and ".times/" not in n}


def _planned(root: Path) -> dict[str, str]:
    """What a build would do now, with the reason, by step."""
    told = run_make("plan", f"REPORTS={REPORT}", root=root, environment=SURROUNDINGS).stdout
    return dict(line.split(": ", 1) for line in told.splitlines() if ": " in line)


def correct_migration_return(path: Path) -> None:
    """Another figure in a table that only the migration report prints."""
    from openpyxl import load_workbook

    book = load_workbook(path)
    sheet = book["1 Illegal stay citizenship"]
    for row in sheet.iter_rows(min_row=7):
        for cell in row[2:]:
            if isinstance(cell.value, int | float) and cell.value > 100:
                cell.value = int(cell.value) + 5
                book.save(path)
                return
    raise AssertionError(f"no figure to correct in {sheet.title}")


def plant_canaries(path: Path) -> None:
    """Words in a note and in the contact on the cover, which only the restricted
    version may know.
    """
    from openpyxl import load_workbook

    book = load_workbook(path)
    cover = book["Cover"]
    sheet = book["1 Victims sex age"]
    contact = next(r for r in cover.iter_rows(min_row=5) if r[0].value == "contact")
    contact[2].value = CANARIES[1]
    note = next(c.column for c in sheet[6] if c.value == "Note")
    old = sheet.cell(8, note).value
    sheet.cell(8, note).value = f"{old or 'Counted by the police'}; {CANARIES[0]}"
    book.save(path)
