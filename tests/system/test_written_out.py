"""Is a database that does not fit on the disk never put in place as if it did?"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from builds import ROOT

from pipeline.errors import PlaceError
from pipeline.system.repairable import require_room

# The journal fits on the disk, the file itself does not: as on a disk that was filled
# while the rows were written.
FULL = """
import resource, signal, sys
import duckdb
from pipeline.system.kept import write_out
from pipeline.system.repairable import repairable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
connection = duckdb.connect(sys.argv[1])
connection.execute("create table t as select range a, md5(range::varchar) b from range(20000)")
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    if sys.argv[2] == "write out":
        write_out(connection)
    connection.close()
except Exception as problem:
    sys.exit(repairable(problem).exit_code)
"""


def ended(path: Path, how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path), how],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    return done.returncode


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    assert ended(tmp_path / "a.duckdb", "write out") == PlaceError.exit_code


def test_closing_alone_says_nothing(tmp_path: Path) -> None:
    """Why `write_out` is there: where this fails, the database has learnt to say so."""
    assert ended(tmp_path / "b.duckdb", "close") == 0


@pytest.mark.parametrize(
    ("problem", "is_full"),
    [
        (duckdb.TransactionException("Failed to commit: No space left on device"), True),
        (duckdb.FatalException("Failed to create checkpoint: Disk quota exceeded"), True),
        (duckdb.IOException('Could not write file "x": File too large'), True),
        (duckdb.CatalogException("Table with name x does not exist"), False),
        (ValueError("No space left on device"), False),
    ],
)
def test_a_full_disk_is_no_fault_of_a_model(problem: Exception, is_full: bool) -> None:
    if is_full:
        with pytest.raises(PlaceError):
            require_room(problem)
    else:
        require_room(problem)


WRITERS = [
    path
    for path in sorted((ROOT / "pipeline").rglob("*.py"))
    if re.search(r"duckdb\.connect\(str\(\w+\)\)", path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("path", WRITERS, ids=lambda p: p.name)
def test_whoever_makes_a_database_writes_it_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    made = len(re.findall(r"duckdb\.connect\(str\(\w+\)\)", text))
    assert len(re.findall(r"\bwrite_out\(", text)) >= made


def test_the_writers_were_found() -> None:
    assert len(WRITERS) >= 5
