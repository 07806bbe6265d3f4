"""What do many tests share? The project's contracts, an empty project, small stores, and one build of all six reports."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from small_tables import write_store

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.project import Project
from pipeline.report.store import Store

ROOT = Path(__file__).parents[1]
ROUND = 2022
# What is no part of the project's content: made by tools, or made by the build itself.
NOT_COPIED = (".venv", "outputs", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".build", ".hypothesis")


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The project with outputs and returns of its own, both empty."""
    (tmp_path / "returns").mkdir()
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


@pytest.fixture
def store(tmp_path: Path, contracts: Contracts) -> Callable[..., Store]:
    """A store from a small table of cells; see `small_tables.read_table` for its columns."""

    def make(cells: str, report: str = "thb", version: str = "restricted", **more: object) -> Store:
        path = write_store(tmp_path / "store.duckdb", contracts, cells, **more)
        return Store(path, contracts, report, version)

    return make


def run_make(*targets: str, root: Path = ROOT, timeout: int = 500, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make in a working copy, as an analyst would. A failure shows what make said."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "SELEC_"))}
    done = subprocess.run(
        ["make", *targets], cwd=root, capture_output=True, text=True, timeout=timeout, env={**inherited, **environment},
    )  # fmt: skip
    assert done.returncode == 0, f"make {' '.join(targets)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def copy_project(target: Path) -> Path:
    """A working copy of the project elsewhere, with its history, the times of its files and the same libraries."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
    (target / ".venv").symlink_to(ROOT / ".venv")
    return target


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder once for all workers of a test run: the first one makes it, the others wait for it."""
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder.with_name(folder.name + ".done")
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder that all workers of a test run see."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Project:
    """The six reports of the example round, built once in a folder of their own. Tests only read them."""
    outputs = shared_folder(tmp_path_factory, worker_id) / "built"
    once(outputs, lambda folder: _build_reports(folder))
    return Project(ROOT, outputs)


def _build_reports(folder: Path) -> None:
    run_make("reports", f"ROUND={ROUND}", SELEC_OUTPUTS=str(folder))
