"""Which contracts do OLD and NEW name? A folder of contracts, one contract file, or a
revision of the repository.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.model import Contracts, load_contracts, read_contracts
from pipeline.errors import ContractError, UserError
from pipeline.project import ENDING, Project, collected_in

FOLDER = "data_contracts"
_ALLOWED = "a folder of contracts, a contract file, or a revision such as v1.2 or HEAD~3"


@dataclass(frozen=True)
class Side:
    """One of the two that are compared. `whole` has the contracts of all reports, so
    that returns can be read with it: those that the side does not hold itself are the
    other side's, or the project's.
    """

    name: str
    contracts: Contracts
    whole: Contracts
    is_file: bool


@contextmanager
def open_sides(project: Project, old: str, *, new: str) -> Iterator[tuple[Side, Side]]:
    """The contracts that two names stand for, as long as the block lasts.

    Raises UserError when a name stands for nothing, ContractError when its contracts
    cannot be read.
    """
    with tempfile.TemporaryDirectory() as scratch:
        before = _read(project, old, scratch=Path(scratch) / "old")
        after = _read(project, new, scratch=Path(scratch) / "new")
        yield (
            Side(old, before, _whole(project, before, other=after), Path(old).is_file()),
            Side(new, after, _whole(project, after, other=before), Path(new).is_file()),
        )


def compared_reports(old: Side, new: Side) -> tuple[str, ...]:
    """The reports that are compared: that of a single file, otherwise all that either
    side has.
    """
    asked = [s for s in (old, new) if s.is_file] or [old, new]
    return tuple(dict.fromkeys(r for s in asked for r in s.contracts.by_report))


def _files(project: Project, name: str, *, scratch: Path) -> tuple[list[Path], Path]:
    """The contract files that a name stands for, and the folder of their code lists."""
    path = Path(name)
    if path.is_file():
        beside = path.parent / "codelists"
        return [path], beside if beside.is_dir() else project.codelists
    folder = path if path.is_dir() else _from_git(project, name, scratch=scratch)
    if (folder / FOLDER).is_dir():
        folder = folder / FOLDER
    found = [folder / f"{n}{ENDING}" for n in collected_in(folder, project.templates)]
    if not found:
        raise UserError(
            f"there is no contract in '{name}'",
            allowed=", ".join(f"{n}{ENDING}" for n in project.collected),
            do="name a folder or a revision that holds contracts",
        )
    return found, folder / "codelists"


def _from_git(project: Project, name: str, *, scratch: Path) -> Path:
    """The contracts of a revision, taken out of the repository into `scratch`."""
    commit = _git(
        project.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
    )
    if commit is None:
        raise UserError(
            f"'{name}' is neither a file or folder nor a revision of this repository",
            allowed=_ALLOWED,
            do="see 'git tag' and 'git log -- data_contracts' for revisions",
        )
    archive = _git(project.root, "archive", "--format=tar", commit.decode().strip(), FOLDER)
    if archive is None:
        raise UserError(
            f"the revision '{name}' has no {FOLDER}", allowed=_ALLOWED, do="name a later revision"
        )
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(scratch, filter="data")
    return scratch


def _git(root: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *arguments], cwd=root, capture_output=True, check=False
        )
    except OSError as problem:
        raise UserError(
            f"git cannot be run: {problem.strerror}", do="install git, or name folders of contracts"
        ) from None
    return None if done.returncode else done.stdout


def _read(project: Project, name: str, *, scratch: Path) -> Contracts:
    paths, codelists = _files(project, name, scratch=scratch)
    try:
        return read_contracts(paths, codelists)
    except UserError as problem:
        raise ContractError(
            problem.what,
            where=f"{name}: {problem.where}".removesuffix(": "),
            allowed=problem.allowed,
            do=problem.do,
        ) from problem


def _whole(project: Project, own: Contracts, *, other: Contracts) -> Contracts:
    held = {c.report: c for source in (other, own) for c in source}
    asked = project.collected
    if not set(asked) <= set(held):
        held = load_contracts(project.contracts).by_report | held
    return Contracts([held[n] for n in dict.fromkeys((*asked, *held))], own.codelists)
