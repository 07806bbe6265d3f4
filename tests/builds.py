"""How does a test build reports? Runs make as an analyst does, in this working copy or
in a copy of it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.contracts.model import load_contracts
from pipeline.disclosure.secret import SECRET
from pipeline.project import Project

ROOT = Path(__file__).parents[1]
REPORTS = Project(ROOT).reports
# Those with figures of many states; the Center's own report may have few.
OF_STATES = tuple(
    contract.report
    for contract in load_contracts(ROOT / "data_contracts")
    if contract.report in REPORTS and any(t.respondent == "states" for t in contract.tables)
)
ROUND = 2022
VERSIONS = ("restricted", "public")  # what `make reports` builds when it is told nothing else
# Each version of each report. The fixture `built` has the partner version of one report, which
# is made as those of the others are; `make test-all` builds and reads them all.
FOR_PARTNERS = "partner"
BUILT_FOR_PARTNERS = "thb"
EVERY_VERSION = tuple(
    pytest.param(
        report,
        version,
        marks=[pytest.mark.thorough] * (version == FOR_PARTNERS and report != BUILT_FOR_PARTNERS),
        id=f"{report}-{version}",
    )
    for report in REPORTS
    for version in (*VERSIONS, FOR_PARTNERS)
)
EVERY_VERSION_OF_STATES = tuple(case for case in EVERY_VERSION if case.values[0] in OF_STATES)
BUILT = ("outputs", "records")  # at the top of the project
# What is no part of the project's content: made by tools, or made by the build itself.
NOT_COPIED = (
    ".venv",
    ".venv-acro",
    ".venv-spark",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".build",
    ".hypothesis",
    "*.pyc.*",  # code that Python is just writing down
)


def run_make(
    *targets: str, environment: Mapping[str, str], root: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run make in a working copy, as an analyst would. A failure shows what make said."""
    inherited = {
        k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "SELEC_"))
    }
    done = subprocess.run(
        ["make", *targets],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=500,
        env={**inherited, **environment},
    )
    assert done.returncode == 0, (
        f"make {' '.join(targets)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    )
    return done


def give_secret(records: Path) -> None:
    """Put the secret of all tests into a register: two builds that are compared must have
    the same, and none of them may depend on chance.
    """
    path = records / "releases" / "restricted" / SECRET
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text("5e1ec" * 12 + "cafe\n", encoding="ascii")
    path.chmod(0o600)


def files_of(folder: Path) -> dict[str, Path]:
    """Every file of a finished version, by its path in the version's folder."""
    return {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}


def copy_project(target: Path) -> Path:
    """A working copy of the project elsewhere, with its history, the times of its files
    and the same libraries.
    """
    anywhere = shutil.ignore_patterns(*NOT_COPIED)

    def left(folder: str, names: list[str]) -> set[str]:
        return anywhere(folder, names) | (set(BUILT) if Path(folder) == ROOT else set())

    copy_tree(ROOT, target, ignore=left)
    (target / ".venv").symlink_to(ROOT / ".venv")
    # The folder itself is tracked; without it git would call the copy changed.
    (target / "outputs").mkdir()
    shutil.copy2(ROOT / "outputs" / ".gitkeep", target / "outputs")
    give_secret(target / "records")
    return target


def copy_tree(
    source: Path,
    target: Path,
    ignore: Callable[[str, list[str]], set[str]] | None = None,
) -> Path:
    """A copy of a working copy, with its links and the times of its files. What git keeps is
    the same file in both: git writes objects anew and never changes one.
    """

    def copy(file: str, into: str) -> str:
        if "/.git/objects/" in file:
            with suppress(OSError):
                os.link(file, into)
                return into
        return str(shutil.copy2(file, into))

    return Path(shutil.copytree(source, target, symlinks=True, ignore=ignore, copy_function=copy))


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder once for all workers of a test run: the first one makes it, the
    others wait for it.
    """
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done, failed = (folder.with_name(folder.name + end) for end in (".done", ".failed"))
        if failed.exists():
            pytest.fail(failed.read_text(encoding="utf-8"))
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                make(folder)
            except BaseException as problem:
                failed.write_text(f"{folder.name}: {problem}"[:20_000], encoding="utf-8")
                raise
            done.touch()
    return folder


def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder that all workers of a test run see."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent
