"""What does a command say of a file that was cut off, changed or lost since a step left
it? Which, and what to do.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builds import ROOT, ROUND

from pipeline.commands import cli
from pipeline.project import Project
from pipeline.system.files import owner_only

KEY = f"THB_VICTIMS:SELEC.{ROUND}._T._T"
IN_ROUND = ("--round", str(ROUND))
THB = (*IN_ROUND, "--report", "thb", "--version")
REHEARSED = ("--by", "Ana Pop", "--rehearsal")
COMMANDS: dict[str, tuple[str, ...]] = {
    "numbers": ("numbers", *IN_ROUND),
    "protect": ("protect", *IN_ROUND),
    "queries": ("queries", *IN_ROUND),
    "feedback": ("feedback", *IN_ROUND, "--state", "RO"),
    "accept": (
        "accept",
        *IN_ROUND,
        "--report",
        "thb",
        "--rule",
        "THB_VICTIMS.age.sum",
        "--reason",
        "they were asked and have answered",
        *REHEARSED,
    ),
    "ask": ("ask", *IN_ROUND, "--state", "RO", "--date", "2023-04-01", *REHEARSED),
    "status": ("status", *THB, "public"),
    "submit": ("submit", *THB, "public", *REHEARSED),
    "explain a key": ("explain", *IN_ROUND, KEY),
    "explain a place": ("explain", *IN_ROUND, "--version", "public", "--ref", "thb:T4.r4.c2"),
    "history": ("history", "--state", "RO", "--table", "THB_VICTIMS"),
    "audit": ("audit", *IN_ROUND, "--version", "public"),
    "audit beside": ("audit", *IN_ROUND, "--version", "public", "--extra", "extra.csv"),
    "register": ("register", *THB, "public", *REHEARSED),
    "render public": ("render", *THB, "public"),
    "render restricted": ("render", *THB, "restricted"),
    "check-text": ("check-text", *IN_ROUND),
    "desk": ("desk", *IN_ROUND),
    "changes": ("changes", *THB, "public", "--from", "last"),
    "as-of": ("as-of", "2026-12-31", "--folder", "then"),
}
# Each file that a step leaves, and the commands that cannot do without it.
READ_BY = {
    f"{ROUND}/work/validation.json": (
        "numbers",
        "protect",
        "queries",
        "feedback",
        "accept",
        "ask",
        "status",
    ),
    f"{ROUND - 1}/work/validation.json": ("numbers",),
    f"{ROUND}/work/staged.duckdb": ("numbers",),
    f"{ROUND}/work/cubes.duckdb": ("protect", "explain a key", "audit beside", "register"),
    f"{ROUND}/work/printed/thb-public.json": ("explain a place",),
    f"{ROUND}/findings/findings.json": ("desk",),
    f"{ROUND}/stores/public/thb.duckdb": ("render public", "check-text"),
    f"{ROUND}/stores/public/thb.csv": ("audit", "register", "render public"),
    f"{ROUND}/stores/restricted/thb.duckdb": ("render restricted", "check-text"),
    f"{ROUND}/stores/restricted/thb.sha256": ("render restricted",),
    f"{ROUND}/proof/public.json": ("audit", "register", "render public", "desk"),
    f"{ROUND}/thb/public/manifest.json": ("desk",),
    f"{ROUND}/masters/thb/public/manifest.json": ("status", "submit", "changes"),
    "../records/warehouse.duckdb": ("numbers", "history"),
}
# The records of the releases and the journal are chains:
# tests/release/signoff/test_tampering.py changes those in every way.
NOTHING_MAKES_THEM = ("../records/warehouse.duckdb",)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 - 1])


def _cut_last(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "cut": _cut,
    "cut at the end": _cut_last,
    "flipped": _flip,
    "empty": _empty,
    "a folder": _folder,
    "a link in a circle": _loop,
}
Run = Callable[[str], tuple[int, str]]


@pytest.fixture(scope="module")
def outputs(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the built round."""
    folder = tmp_path_factory.mktemp("damaged") / "outputs"
    left = shutil.ignore_patterns(".running", ".lock")
    shutil.copytree(built.outputs, folder, ignore=left)
    shutil.copytree(built.records, folder.with_name("records"), ignore=left)
    return folder


@pytest.fixture
def run(outputs: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process, as the command line does. What it wrote is
    written back afterwards.
    """
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SELEC_OUTPUTS", str(outputs))
    for name in ("SELEC_RETURNS", "SELEC_RELEASES", "SELEC_RECORDS", "SELEC_LOCK_HELD"):
        monkeypatch.delenv(name, raising=False)
    extra = outputs.parent / "extra.csv"
    extra.write_text(f"key,value\n{KEY},1856\n")

    def call(command: str) -> tuple[int, str]:
        given = [
            {"extra.csv": str(extra), "then": str(outputs.parent / "then")}.get(a, a)
            for a in COMMANDS[command]
        ]
        monkeypatch.setattr(sys, "argv", ["pipeline", *given])
        capfd.readouterr()
        try:
            cli.main()
        except SystemExit as ended:
            return int(ended.code or 0), capfd.readouterr().err
        return 0, capfd.readouterr().err

    return call


@pytest.fixture
def damage(outputs: Path) -> Iterator[Callable[[str, str], Path]]:
    """Damages a file, and puts it back in the end."""
    taken: list[tuple[Path, bytes, os.stat_result]] = []

    def act(name: str, how: str) -> Path:
        path = outputs / name
        taken.append((path, path.read_bytes(), path.stat()))
        DAMAGE[how](path)
        return path

    yield act
    for path, content, state in taken:
        (
            shutil.rmtree(path)
            if path.is_dir() and not path.is_symlink()
            else path.unlink(missing_ok=True)
        )
        for aside in path.parent.glob(f"{path.name}.folder-*"):
            aside.rmdir()
        with owner_only(outputs):
            path.write_bytes(content)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def _is_told(name: str, code: int, told: str) -> None:
    assert "Traceback" not in told
    assert code in range(2, 15), f"{code}: {told}"
    assert told.startswith("error: "), told
    assert Path(name).name in told or Path(name).parent.name in told, told
    assert "to do:" in told, told
    way_out = (
        r"backup|restore|move the file"
        if name.startswith(NOTHING_MAKES_THEM)
        else r"'make \w+|ROUND="
    )
    assert re.search(way_out, told), told


@pytest.mark.sampled(4)
@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("name", READ_BY)
def test_a_damaged_file_is_named_with_what_to_do(
    name: str, how: str, run: Run, damage: Callable[[str, str], Path]
) -> None:
    damage(name, how)
    for command in READ_BY[name] if how == "cut" else READ_BY[name][:1]:
        code, told = run(command)
        try:
            _is_told(name, code, told)
        except AssertionError as problem:
            raise AssertionError(f"{command}: {problem}") from problem


@pytest.mark.sampled(4)
@pytest.mark.parametrize("how", ["cut", "cut at the end", "empty", "a folder"])
@pytest.mark.parametrize(
    "name", [n for n in READ_BY if n.endswith((".duckdb", ".json")) and "manifest" not in n]
)
def test_a_file_of_which_no_hash_was_kept_is_looked_at_by_its_form(
    name: str, how: str, run: Run, damage: Callable[[str, str], Path]
) -> None:
    """As after a build that died just then, or with outputs of an earlier version of
    the pipeline.
    """
    path = damage(name, how)
    kept = path.parent / ".kept" / f"{path.name}.sum"
    before = kept.read_bytes()
    kept.unlink()
    try:
        _is_told(name, *run(READ_BY[name][0]))
    finally:
        kept.write_bytes(before)
