"""What do many tests share? The project's contracts, an empty project, small stores,
and two builds of all reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builds import (
    BUILT_FOR_PARTNERS,
    FOR_PARTNERS,
    ROOT,
    ROUND,
    VERSIONS,
    copy_tree,
    give_secret,
    once,
    run_make,
    shared_folder,
)
from elsewhere import Elsewhere, build_elsewhere
from office import Office, build_office
from quick import quick
from small_project import SMALL_ROUND, small_project
from small_tables import write_store
from true_counts import build_true_counts, true_counts_in

from pipeline.contracts.known_errors import KnownError, load_known_errors
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.project import Project
from pipeline.report.printing import Printing
from pipeline.system.files import owner_only

# The longest files, in this order: while one worker builds what many tests share, the others
# have work that does not wait for it.
LONGEST = (
    "test_public_version.py",
    "test_canaries.py",
    "test_defects.py",
    "test_proof_sheets.py",
    "test_edits.py",
    "test_editions.py",
    "test_conflicts.py",
    "test_gate.py",
    "test_drills.py",
    "test_opening.py",
    "test_lint_everything.py",
    "test_leak_scan.py",
    "test_attacks.py",
    "test_anchors.py",
    "test_backup.py",
    "test_handing_out.py",
    "test_release.py",
    "test_verapdf.py",
)


# Only `make test-spark` compares models on two engines: it takes minutes and wants Java.
collect_ignore = ["spark"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="leave out tests that are thorough, and all but every n-th case of those that are"
        " sampled",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files, then those with slow tests: workers take file after file, and none
    is left alone with a long one.
    """
    if config.getoption("--quick"):
        items[:], left = quick(items)
        config.hook.pytest_deselected(items=left)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (place.get(item.path.name, len(place)), item.path not in slow))


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture(scope="session", autouse=True)
def register_of_made_up_returns() -> Iterator[None]:
    """The project's register knows the errors of the example returns; returns that a
    test makes up do not have them.

    Commands that a test runs, such as make, read the register all the same.
    """

    def load(folder: Path, contracts: Contracts) -> tuple[KnownError, ...]:
        return () if folder == ROOT / "data_contracts" else load_known_errors(folder, contracts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.returns.rules.known.load_known_errors", load)
        yield


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The project with outputs and returns of its own, both empty."""
    (tmp_path / "returns").mkdir()
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


@pytest.fixture
def store(tmp_path: Path, contracts: Contracts) -> Callable[..., Printing]:
    """A store from a small table of cells; see `small_tables.write_store` for its
    columns.
    """

    def make(
        cells: str, report: str = "thb", version: str = "restricted", **more: object
    ) -> Printing:
        path = write_store(tmp_path / "store.duckdb", contracts, cells, **more)
        return Printing(path, contracts, report=report, version=version)

    return make


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, pytestconfig: pytest.Config
) -> Project:
    """The reports of the example round, built once in a folder of their own: restricted
    and public, and for partners that of one report; in `make test-all` that of each.
    Tests only read them.
    """

    def make_reports(folder: Path) -> None:
        give_secret(folder / "records")

        def make(*asked: str) -> None:
            where = {"SELEC_OUTPUTS": str(folder / "outputs")}
            run_make("reports", f"ROUND={ROUND}", *asked, environment=where)

        every = f"VERSIONS={' '.join((*VERSIONS, FOR_PARTNERS))}"
        if pytestconfig.getoption("--quick"):
            make(f"REPORTS={BUILT_FOR_PARTNERS}", every)
            make()
        else:
            make(every)

    folder = once(shared_folder(tmp_path_factory, worker_id) / "built", make_reports)
    return Project(ROOT, folder / "outputs")


@pytest.fixture(scope="session")
def small_built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A small project in which both versions of its report are built; tests only read it."""

    def make(folder: Path) -> None:
        small_project(folder)
        asked = ("REPORTS=thb", f"ROUND={SMALL_ROUND}")
        run_make("reports", *asked, root=folder, environment={})

    return once(shared_folder(tmp_path_factory, worker_id) / "small", make)


@pytest.fixture
def small(small_built: Path, tmp_path: Path) -> Path:
    """A copy of it, to be worked in."""
    return copy_tree(small_built, tmp_path / "small")


@pytest.fixture(scope="session")
def true_counts(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, contracts: Contracts
) -> Project:
    """The example round with a whole number in place of every `<5`: its numbers are built
    once, and tests only read them. See `true_counts.py`.
    """
    folder = once(
        shared_folder(tmp_path_factory, worker_id) / "true_counts",
        lambda folder: build_true_counts(folder, contracts),
    )
    return true_counts_in(folder)


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Elsewhere:
    """The same reports built by another person on another machine, then changed step by
    step; see `elsewhere.py`.
    """
    return Elsewhere(
        once(shared_folder(tmp_path_factory, worker_id) / "elsewhere", build_elsewhere)
    )


@pytest.fixture(scope="session")
def approved_office(
    small_built: Path,
    contracts: Contracts,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> Path:
    """An office in which both versions are approved; tests only read it."""

    def make(folder: Path) -> None:
        build_office(folder, small_built)
        Office(folder).sign("public")
        Office(folder).sign_here(contracts, "restricted")

    return once(shared_folder(tmp_path_factory, worker_id) / "office", make)


@pytest.fixture
def office(approved_office: Path, tmp_path: Path) -> Office:
    """A copy of it, to be worked in."""
    return Office(copy_tree(approved_office, tmp_path / "office"))


@pytest.fixture(scope="session")
def released_office(
    approved_office: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Path:
    """An office that released both versions and handed out copies of the restricted
    one; tests only read it.
    """

    def make(folder: Path) -> None:
        copy_tree(approved_office, folder)
        office = Office(folder)
        with owner_only(office.project.outputs):
            office.release_here("restricted")
        office.done("release", VERSION="public", ROLE="director", DATE="2023-05-05", TEST="yes")
        people = (
            "name,organisation\nAna Pop,Ministry of Interior of RO\nНиколай Димитров,ГДБОП\nΜαρία"
            " Κ.,ΕΛ.ΑΣ.\n"
        )
        (folder / "outputs" / "recipients.csv").write_text(people, encoding="utf-8")
        office.done("copies", RECIPIENTS="outputs/recipients.csv", DATE="2023-05-06")

    return once(shared_folder(tmp_path_factory, worker_id) / "released", make)
