"""Is a return that did not change recalled as it was read, and every other read anew?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from defects.cases import CASES
from defects.returns import WorkbookDraft

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.offices import FILES as OFFICES
from pipeline.project import Project
from pipeline.returns.formats.opened import open_file
from pipeline.returns.intake import memory as memory_module
from pipeline.returns.intake import read as read_module
from pipeline.returns.intake.memory import MEMORY, lists_of
from pipeline.returns.intake.reading import RoundReading
from pipeline.returns.received import read_round
from pipeline.system.kept import seal

ROOT = Path(__file__).parents[2]
ROUND = 2022


@pytest.fixture
def contracts() -> Contracts:
    return load_contracts(ROOT / "data_contracts")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bytes of every file that was opened since."""
    seen: list[bytes] = []

    def count(data: bytes, *args: object, **named: object) -> object:
        seen.append(data)
        return open_file(data, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(read_module, "open_file", count)
    return seen


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three returns, one of them in CSV with its companion."""
    sent = tmp_path / "returns" / str(ROUND)
    for name in (
        "thb/RO.xlsx",
        "migration/RO.xlsx",
    ):
        (sent / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "returns" / str(ROUND) / name, sent / name)
    for path in sorted((ROOT / "returns" / str(ROUND) / "thb").glob("HU*.csv")):
        shutil.copy(path, sent / "thb" / path.name)
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


def staged(project: Project, round_: int = ROUND) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that was staged, in the order in which it was written."""
    path = project.work(round_) / "staged.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = [
            f'"{schema}"."{table}"'
            for schema, table in connection.execute(
                "select table_schema, table_name from information_schema.tables order by all"
            ).fetchall()
        ]
        assert tables
        return {t: connection.execute(f"select * from {t}").fetchall() for t in tables}


def records(project: Project) -> list[Path]:
    return sorted((project.work(ROUND) / MEMORY).glob("*.json"))


def twice(project: Project, contracts: Contracts, opened: list[bytes]) -> int:
    """Reads a round without memory and with it, compares what came of it, and returns
    how many files had to be opened again.
    """
    shutil.rmtree(project.work(ROUND) / MEMORY, ignore_errors=True)
    first = read_round(project, contracts, round_=ROUND)
    rows = staged(project)
    assert first.files
    opened.clear()
    again = read_round(project, contracts, round_=ROUND)
    assert again == first
    # a cover and an account keep the order of what they hold
    assert repr(again) == repr(first)
    assert staged(project) == rows
    return len(opened)


@pytest.mark.parametrize("round_", [2021, 2022])
def test_every_example_is_recalled_as_it_was_read(
    tmp_path: Path, contracts: Contracts, opened: list[bytes], round_: int
) -> None:
    project = Project(ROOT, tmp_path / "outputs", ROOT / "returns")
    first = read_round(project, contracts, round_=round_)
    rows = staged(project, round_)
    assert len(opened) > 10
    opened.clear()
    again = read_round(project, contracts, round_=round_)
    assert (again, repr(again)) == (first, repr(first))
    assert staged(project, round_) == rows
    assert not opened


@pytest.mark.thorough
def test_a_defect_of_each_kind_is_recalled_as_it_was_read(
    tmp_path: Path, contracts: Contracts, opened: list[bytes]
) -> None:
    """For each finding one defect of a workbook and one of a CSV, in a file of its own:
    as many rounds as a state has defects.
    """
    slots: list[dict[tuple[str, str], Callable[[Path], None]]] = []
    cases = {(c.kind, c.rule, c.severity): c for c in CASES}
    for case in cases.values():
        states = [case.state] if case.state else ["RO", "HU", "TR", "BG", "AL"]
        slot = next((s for s in slots if any((case.report, t) not in s for t in states)), None)
        if slot is None:
            slots.append(slot := {})
        state = next(t for t in states if (case.report, t) not in slot)
        draft = case.kind(case.report, state)
        case.change(draft)
        slot[case.report, state] = draft.write
    recalled = 0
    for number, slot in enumerate(slots):
        project = Project(ROOT, tmp_path / f"{number}" / "outputs", tmp_path / f"{number}" / "sent")
        for (report, _), write in slot.items():
            folder = project.returns / str(ROUND) / report
            folder.mkdir(parents=True, exist_ok=True)
            write(folder)
        files = sum(p.is_file() for p in project.returns.rglob("*"))
        recalled += files - twice(project, contracts, opened)
    assert recalled > 0.7 * len(cases)


def test_a_changed_return_is_opened_alone(
    project: Project, contracts: Contracts, opened: list[bytes]
) -> None:
    before = read_round(project, contracts, round_=ROUND)
    kept = records(project)
    assert len(kept) == len(before.files) == 3
    opened.clear()
    changed = project.returns / str(ROUND) / "thb" / "RO.xlsx"
    draft = WorkbookDraft("thb", "RO", ROUND)
    draft.write(changed.parent)
    after = read_round(project, contracts, round_=ROUND)
    assert opened == [changed.read_bytes()]
    assert [f.file for f in after.files] == [f.file for f in before.files]
    # what was remembered of the earlier file is gone, with its hash
    assert len(records(project)) == 3
    assert len(set(records(project)) - set(kept)) == 1
    seals = {p.name.removesuffix(".sum") for p in records(project)[0].parent.glob(".kept/*")}
    assert seals == {p.name for p in records(project)}


def test_a_changed_companion_opens_its_return(
    project: Project, contracts: Contracts, opened: list[bytes]
) -> None:
    read_round(project, contracts, round_=ROUND)
    (cover,) = (project.returns / str(ROUND) / "thb").glob("*.cover.csv")
    cover.write_bytes(cover.read_bytes() + b"\n")
    opened.clear()
    read_round(project, contracts, round_=ROUND)
    assert len(opened) == 2
    assert cover.read_bytes() in opened


def test_the_bytes_of_a_file_count_not_its_time(
    project: Project, contracts: Contracts, opened: list[bytes]
) -> None:
    path = project.returns / str(ROUND) / "thb" / "RO.xlsx"
    read_round(project, contracts, round_=ROUND)
    opened.clear()
    time, size = path.stat().st_mtime_ns, path.stat().st_size
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    os.utime(path, ns=(time, time))
    assert path.stat().st_size == size
    read_round(project, contracts, round_=ROUND)
    assert opened == [path.read_bytes()]


def test_other_contracts_open_all(
    project: Project, contracts: Contracts, opened: list[bytes]
) -> None:
    read_round(project, contracts, round_=ROUND)
    opened.clear()
    first, *others = contracts
    changed = replace(first, window_years=first.window_years + 1)
    read_round(project, Contracts([changed, *others], contracts.codelists), round_=ROUND)
    assert len(opened) == 4  # three returns and one companion


@pytest.mark.parametrize(
    "name", ["codelists/sex.csv", "codelists/aliases/headers.csv", "words_of_notes.csv"]
)
def test_another_list_opens_all(
    project: Project, contracts: Contracts, opened: list[bytes], tmp_path: Path, name: str
) -> None:
    lists = shutil.copytree(contracts.folder, tmp_path / "data_contracts")
    read_round(project, load_contracts(lists), round_=ROUND)
    opened.clear()
    # where the folder lies is nothing to a return
    read_round(project, contracts, round_=ROUND)
    assert not opened
    (lists / name).write_bytes((lists / name).read_bytes() + b"\n")
    read_round(project, load_contracts(lists), round_=ROUND)
    assert len(opened) == 4


_LOOK = """
import sys
from pathlib import Path
seen = set()
sys.addaudithook(lambda event, args: seen.add(str(args[0])) if event == "open" else None)
from pipeline.contracts.model import load_contracts
from pipeline.project import Project
from pipeline.returns.received import read_round
root, outputs = Path(sys.argv[1]), Path(sys.argv[2])
contracts = load_contracts(root / "data_contracts")
seen.clear()
for round_ in (2021, 2022):
    read_round(Project(root, outputs, root / "returns"), contracts, round_=round_)
for path in sorted(seen):
    print(path)
"""


def test_every_file_that_reading_looks_at_counts(tmp_path: Path, contracts: Contracts) -> None:
    """A process that reads both rounds, and what it opens of the working copy."""
    told = subprocess.run(
        [sys.executable, "-c", _LOOK, str(ROOT), str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    inside = {Path(p) for p in told if p.startswith(str(ROOT)) and "/.venv/" not in p}
    data = {p for p in inside if p.suffix not in (".py", ".pyc")}
    data = {p for p in data if not p.is_relative_to(ROOT / "returns")}
    counted = set(lists_of(contracts))
    assert data & counted
    # What they say of the state of a file is a part of its name in the memory.
    counted |= {ROOT / "data_contracts" / name for name in OFFICES}
    assert data <= counted


def test_other_code_opens_all(
    project: Project,
    contracts: Contracts,
    opened: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_round(project, contracts, round_=ROUND)
    opened.clear()
    memory_module.reading_code.cache_clear()
    monkeypatch.setattr(memory_module, "digest_of", lambda *_: "another")
    read_round(project, contracts, round_=ROUND)
    memory_module.reading_code.cache_clear()
    assert len(opened) == 4


@pytest.mark.parametrize("how", ["cut off", "no JSON", "sealed, but no record", "of another file"])
def test_a_damaged_memory_is_read_anew(
    project: Project, contracts: Contracts, opened: list[bytes], how: str
) -> None:
    first = read_round(project, contracts, round_=ROUND)
    one, other, _ = records(project)
    match how:
        case "cut off":
            one.write_bytes(one.read_bytes()[:-20])
        case "no JSON":
            one.write_bytes(b"{")
            seal(one)
        case "sealed, but no record":
            record = json.loads(one.read_bytes())
            record["account"]["filled"] += 1
            one.write_text(json.dumps(record), encoding="utf-8")
            seal(one)
        case _:
            one.write_bytes(other.read_bytes())
            seal(one)
    opened.clear()
    assert read_round(project, contracts, round_=ROUND) == first
    assert len(opened) in (1, 2)  # a return, with its companion where it has one
    opened.clear()
    read_round(project, contracts, round_=ROUND)
    assert not opened


def test_a_memory_of_another_round_or_state_is_never_taken(
    project: Project, contracts: Contracts, opened: list[bytes]
) -> None:
    """The same bytes under the name of another state, and in another round."""
    sent = project.returns / str(ROUND) / "thb"
    read_round(project, contracts, round_=ROUND)
    opened.clear()
    shutil.copy(sent / "RO.xlsx", sent / "TR.xlsx")
    other = read_round(project, contracts, round_=ROUND)
    assert opened == [(sent / "TR.xlsx").read_bytes()]
    assert {f.rule for f in other.findings if f.file == "2022/thb/TR.xlsx"} != set()
    shutil.copytree(sent, project.returns / str(ROUND - 1) / "thb")
    shutil.copytree(project.work(ROUND) / MEMORY, project.work(ROUND - 1) / MEMORY)
    opened.clear()
    read_round(project, contracts, round_=ROUND - 1)
    assert len(opened) == 4  # three returns and one companion


def test_a_memory_is_for_its_owner(project: Project, contracts: Contracts) -> None:
    read_round(project, contracts, round_=ROUND)
    folder = project.work(ROUND) / MEMORY
    assert folder.stat().st_mode & 0o077 == 0
    assert all(p.stat().st_mode & 0o077 == 0 for p in folder.rglob("*"))
    assert len(records(project)) == 3


def test_no_reader_is_started_where_nothing_is_opened(
    project: Project, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading: RoundReading = read_round(project, contracts, round_=ROUND)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("pipeline.returns.formats.opened.subprocess.Popen", refuse)
    monkeypatch.setattr(read_module, "open_file", refuse)
    assert read_round(project, contracts, round_=ROUND) == reading
