"""Is every hostile file refused with one clear finding, in bounded time and memory,
without reaching anything?
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from defects.returns import GOOD, good_workbook

from hostile.corpus import CORPUS, Hostile, Traps
from hostile.forms import CANARY, REPORT, ROOT, ROUND, contracts
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.shown import shown_name
from pipeline.returns.received import read_round
from pipeline.returns.rules.validation import print_summary, validate_and_write

GOOD_STATE = "TR"
STATES = [c.code for c in contracts().members(ROUND) if c.code != GOOD_STATE]
MAX_SECONDS, MAX_MEBIBYTES = 10, 512


def _batches() -> list[list[Hostile]]:
    """As many files in a round as there are states; those that are read for the rest
    come first, in the same ones.
    """
    ordered = sorted(CORPUS, key=lambda h: not h.at_cell)
    return [ordered[n : n + len(STATES)] for n in range(0, len(ordered), len(STATES))]


@dataclass
class Trap:
    """A port that listens and a file outside of the folder; both are named in the
    hostile files.
    """

    traps: Traps
    listener: socket.socket

    def calls(self) -> int:
        """How many connections were made since the last time."""
        number = 0
        while True:
            try:
                self.listener.accept()[0].close()
            except BlockingIOError:
                return number
            number += 1


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Trap(Traps(listener.getsockname()[1], secret), listener)


@dataclass
class Round:
    """A round in which each state sends one hostile file, and one state a good one."""

    project: Project
    # of the files that came with each hostile one
    names: dict[str, set[str]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    accounts: tuple[FileAccount, ...] = ()


def _send(folder: Path, batch: list[Hostile], traps: Traps) -> Round:
    sent = Round(Project(ROOT, folder / "outputs", folder / "returns"))
    target = folder / "returns" / str(ROUND) / REPORT
    target.mkdir(parents=True)
    (target / f"{GOOD_STATE}.xlsx").write_bytes(good_workbook(REPORT, GOOD_STATE))
    for file, state in zip(batch, STATES, strict=False):
        before = set(target.iterdir())
        file.put(target, state, traps)
        sent.names[file.name] = {
            f"{ROUND}/{REPORT}/{shown_name(p.name)}" for p in set(target.iterdir()) - before
        }
    return sent


def test_the_corpus_is_large_and_none_of_it_is_stored() -> None:
    assert len(CORPUS) >= 45
    assert len({h.name for h in CORPUS}) == len(CORPUS)
    stored = [
        p
        for p in Path(__file__).parent.rglob("*")
        if p.is_file() and p.suffix not in (".py", ".pyc")
    ]
    assert stored == []


@pytest.mark.parametrize("number", range(len(_batches())))
def test_a_hostile_file_gives_one_clear_finding_and_touches_nothing_else(
    number: int, tmp_path: Path, trap: Trap, capfd: pytest.CaptureFixture[str]
) -> None:
    batch = _batches()[number]
    sent = _send(tmp_path, batch, trap.traps)
    if any(h.at_cell for h in batch):
        validation = validate_and_write(sent.project, contracts(), round_=ROUND)
        print_summary(sent.project, validation)
        sent.findings, sent.accounts = validation.findings, validation.accounts
    else:
        reading = read_round(sent.project, contracts(), round_=ROUND)
        sent.findings, sent.accounts = reading.findings, reading.accounts
    for file in batch:
        found = [f for f in sent.findings if f.file in sent.names[file.name]]
        assert [f.rule for f in found] == [file.rule], (
            f"{file.name}: {[(f.rule, f.found) for f in found]}"
        )
        assert found[0].found
        assert found[0].allowed
        assert found[0].do
        assert len(found[0].found) < 400
        assert all(
            text.isprintable()
            for text in (found[0].found, found[0].file, found[0].sheet, found[0].state)
        )
        assert bool(found[0].cell) == file.at_cell, f"{file.name}: at {found[0].cell!r}"
    _check_good_state(sent)
    assert trap.calls() == 0
    _check_canary(sent.project.outputs, sent.findings, capfd.readouterr())


def _check_good_state(sent: Round) -> None:
    assert [f.rule for f in sent.findings if (f.state, f.report) == (GOOD_STATE, REPORT)] == []
    account = next(a for a in sent.accounts if (a.state, a.report) == (GOOD_STATE, REPORT))
    assert account.loaded == 5 * sum(len(lines) for lines in GOOD[REPORT].values())
    assert account.refused == 0


def _check_canary(outputs: Path, findings: tuple[Finding, ...], printed: object) -> None:
    assert CANARY not in f"{findings} {printed}"
    written = [p for p in outputs.rglob("*") if p.is_file()]
    assert written
    for path in written:
        assert CANARY.encode() not in path.read_bytes()


def test_no_hostile_file_takes_more_than_ten_seconds_or_half_a_gibibyte(tmp_path: Path) -> None:
    for file in CORPUS:
        folder = tmp_path / file.name
        folder.mkdir()
        file.put(folder, "RO", Traps())
    command = [sys.executable, str(Path(__file__).with_name("measure.py")), str(tmp_path)]
    # As the process that reads returns is started.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENPYXL_LXML": "False"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment, cwd=tmp_path
    )
    measured = json.loads(done.stdout)
    assert len(measured["seconds"]) >= 100
    slow = {name: used for name, (used, _) in measured["seconds"].items() if used > MAX_SECONDS}
    assert slow == {}
    assert measured["peak"] <= MAX_MEBIBYTES


_REACH = """
import os, socket, subprocess, sys
from pipeline.returns.formats import inside
secret, port, told = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
inside.bind(told)
acts = {
    "read a file": lambda: open(secret),
    "read the passwords": lambda: open("/etc/passwd"),
    "list a folder": lambda: os.listdir("/etc"),
    "write a file": lambda: open(secret + ".new", "w"),
    "connect": lambda: socket.create_connection(("127.0.0.1", port), 2),
    "send a datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x",
    ("127.0.0.1", port)),
    "run a program": lambda: subprocess.run(["true"]),
}
for name, act in acts.items():
    try:
        act()
    except OSError as problem:
        os.write(told, f"{name}: {type(problem).__name__}\\n".encode())
    else:
        os.write(told, f"{name}: done\\n".encode())
os.write(told, f"input: {os.read(0, 100)}\\n".encode())
print("what a library prints", flush=True)
print("what it complains of", file=sys.stderr, flush=True)
"""


def test_the_process_that_reads_a_file_can_reach_nothing(trap: Trap) -> None:
    read_end, write_end = os.pipe()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            _REACH,
            str(trap.traps.secret),
            str(trap.traps.port),
            str(write_end),
        ],
        pass_fds=[write_end],
        input="the next file",
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    os.close(write_end)
    with os.fdopen(read_end) as told:
        said = dict(line.split(": ", 1) for line in told.read().splitlines())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert said.pop("input") == "b''"
    assert len(said) == 7
    assert set(said.values()) == {"PermissionError"}
    assert trap.calls() == 0
