"""Which project, round and version is asked? Found from where Python runs.

A notebook may lie anywhere in the project or outside of it: the project is the nearest
folder above that holds data contracts, else the one whose code is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import VersionRule, load_policy
from pipeline.errors import UserError
from pipeline.project import CODE_ROOT, Project
from pipeline.system.kept import is_there

PUBLIC = "public"  # what is asked for where nobody wrote another version


@dataclass(frozen=True)
class Place:
    """What is asked: a round and a version of a project, and the reports that were built
    of it.
    """

    project: Project
    contracts: Contracts
    round: int
    version: VersionRule
    reports: tuple[str, ...]

    def stores(self) -> Iterator[tuple[str, Path]]:
        """The stores of this version, by report: no file of another version."""
        for report in self.reports:
            yield report, self.project.store(self.round, report, self.version.name)


def find_project() -> Project:
    """The project that Python runs in. SELEC_OUTPUTS and its like are taken from the
    project's folder, as make takes them. Raises UserError where there is none.
    """
    here = Project.here()
    places = (folder for folder in (here.root, *here.root.parents, CODE_ROOT) if _is_root(folder))
    root = next(places, None)
    if root is None:
        raise UserError(
            "there is no project here",
            where=str(here.root),
            allowed="a folder in a working copy of the pipeline",
            do="change to the folder that holds data_contracts, then ask again",
        )
    moved = {f.name: getattr(here, f.name) for f in fields(here) if f.name != "root"}
    placed: dict[str, Any] = {n: root / v if isinstance(v, Path) else v for n, v in moved.items()}
    return Project(root, **placed)


def _is_root(folder: Path) -> bool:
    return (folder / "data_contracts").is_dir() and (folder / "templates").is_dir()


def built_rounds(project: Project, version: str) -> dict[int, tuple[str, ...]]:
    """The rounds that a version was built of, oldest first, each with its reports."""
    years = (p.name for p in project.outputs.glob("[0-9][0-9][0-9][0-9]") if p.name.isdecimal())
    found = {}
    for year in sorted(map(int, years)):
        if own := tuple(r for r in project.reports if is_there(project.store(year, r, version))):
            found[year] = own
    return found


def find_place(round_: int | None, version: str) -> Place:
    """What is asked; the newest round that was built where none is named. Raises
    UserError where there is no such version, or nothing of it was built.
    """
    project = find_project()
    contracts = load_contracts(project.contracts)
    rule = load_policy(project.contracts, contracts).version(version)
    rounds = built_rounds(project, version)
    year = max(rounds, default=None) if round_ is None else round_
    if year is None or year not in rounds:
        asked = f"VERSIONS={version}" if year is None else f"ROUND={year} VERSIONS={version}"
        which = "no round" if year is None else f"round {year}"
        raise UserError(
            f"there is no {version} version of {which} yet",
            where=str(project.outputs),
            allowed=", ".join(map(str, rounds)),
            do=f"run 'make reports {asked}' first",
        )
    return Place(project, contracts, year, rule, rounds[year])
