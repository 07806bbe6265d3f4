"""Is all that a command starts counted, also what nobody waits for?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from .spent import spent

# A child that outlives its parent, which does not wait for it: a second of CPU, 200 MB.
ORPHAN = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", '''
import time
kept = bytearray(b"x" * 200_000_000)
while time.process_time() < 1:
    pass
'''])
"""


def test_what_nobody_waits_for_is_counted(tmp_path: Path) -> None:
    found = spent([sys.executable, "-c", ORPHAN], cwd=tmp_path, env=os.environ)
    assert found.cpu >= 1
    assert found.peak_mib > 190


def test_the_memory_of_who_measures_is_not_counted(tmp_path: Path) -> None:
    kept = bytearray(b"x" * 300_000_000)
    found = spent([sys.executable, "-c", "pass"], cwd=tmp_path, env=os.environ)
    assert len(kept) > found.peak_mib * 1024 * 1024


def test_a_command_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such table')"]
    with pytest.raises(SystemExit, match=r"ended with 1\nno such table"):
        spent(command, cwd=tmp_path, env=os.environ)
