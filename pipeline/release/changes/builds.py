"""Which two builds are compared? The last one, one as of a day, a draft, an edition, or
a folder that was kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.changes.sides import Side, cells_of
from pipeline.release.manifest import Manifest, parse_manifest, sha256
from pipeline.release.signoff.record import Subject, standing
from pipeline.system.files import csv_rows
from pipeline.system.kept import is_there, read_bytes

LAST = "last"
_NUMBERED = re.compile(r"(?P<kind>draft|edition)-(?P<number>[0-9]{1,6})")


@dataclass(frozen=True)
class Build:
    """A finished version of a report in its folder, with the project whose outputs it
    is one of, where there is one.
    """

    name: str
    folder: Path
    manifest: Manifest
    project: Project | None = None

    @property
    def pdf(self) -> Path:
        return self.folder / self.manifest.pdf

    @property
    def commit(self) -> str:
        return self.manifest.git_commit

    @cached_property
    def side(self) -> Side:
        """What of it is compared with another build."""
        made = self.manifest
        cells = cells_of(csv_rows((self.folder / "cells.csv").read_bytes()))
        return Side(cells, made.inputs, made.git_commit, made.data_cutoff, self.project)


def find_build(project: Project, round_: int, *, report: str, version: str, name: str) -> Build:
    """A build by its name: `last`, a day such as 2026-03-01 of which reports were built
    with AS_OF, `draft-1` that was submitted, `edition-1` that was released, or a
    folder.

    Raises UserError when there is no such build, when it is of another report, version
    or round, or when one of its files is not the one that its manifest names.
    """
    owner: Project | None = project
    if name == LAST:
        folder = project.master_folder(round_, report, version)
        do = f"run 'make report REPORT={report} VERSION={version} ROUND={round_}'"
    elif _is_day(name):
        owner = Project(project.root, project.outputs / "as-of" / name / "outputs")
        folder = owner.master_folder(round_, report, version)
        do = f"run 'make report REPORT={report} VERSION={version} ROUND={round_} AS_OF={name}'"
    elif match := _NUMBERED.fullmatch(name):
        owner = None
        number = int(match["number"])
        folder = (
            project.draft_folder(round_, report, version=version, number=number)
            if match["kind"] == "draft"
            else _edition(project, Subject(round_, report, version), number=number)
        )
        do = (
            f"run 'make status REPORT={report} VERSION={version} ROUND={round_}' to see what"
            " there is"
        )
    else:
        owner = None
        folder = Path(name)
        do = (
            f"give '{LAST}', draft-1, edition-1, a day that was built with AS_OF, or a folder with"
            " a manifest.json"
        )
    if not is_there(folder / "manifest.json"):
        raise UserError(f"there is no build '{name}'", where=str(folder), do=do)
    path = folder / "manifest.json"
    manifest = parse_manifest(read_bytes(path), path)
    asked = (report, version, round_)
    found = (manifest.report, manifest.version, manifest.round)
    if asked != found:
        raise UserError(
            "the build is of something else",
            where=str(folder),
            allowed=" ".join(map(str, asked)),
            do=(
                f"it is {' '.join(map(str, found))}; compare builds of one report, version and"
                " round"
            ),
        )
    for file, said in manifest.outputs.items():
        path = folder / file
        if not path.is_file() or sha256(path.read_bytes()) != said.sha256:
            raise UserError(
                "the file is not the one that was built", where=str(path), do="build it again"
            )
    return Build(name, folder, manifest, owner)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _edition(project: Project, subject: Subject, *, number: int) -> Path:
    """The folder of an edition, as its release has it."""
    released = {event.edition: event.name for event in standing(project, subject).released}
    return project.edition_folder(subject.version, released.get(number, f"none-{number}"))
