"""Does a build only read from git? What it asks takes no lock, which a build that is killed
would leave behind: nobody could commit any more.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.release.manifest import git_commit

READS = ("status", "diff")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A commit, and a file that git has to look into, because its time is another."""
    (tmp_path / "file").write_text("content", encoding="utf-8")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "file"), (*who, "commit", "-qm", "one")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    os.utime(tmp_path / "file", (1, 1))
    return tmp_path


def test_asking_for_the_commit_takes_no_lock(repository: Path) -> None:
    index = repository / ".git" / "index"
    before = index.read_bytes()
    assert re.fullmatch("[0-9a-f]{40}", git_commit(repository))
    assert index.read_bytes() == before
    subprocess.run(["git", "status", "--porcelain"], cwd=repository, check=True)
    assert index.read_bytes() != before, "git would have written, and so the test shows nothing"


def test_a_file_that_was_changed_is_noticed(repository: Path) -> None:
    (repository / "file").write_text("other content", encoding="utf-8")
    assert git_commit(repository).endswith("+")


def test_nobody_asks_git_in_another_way() -> None:
    calls = [
        (path.name, call)
        for path in (ROOT / "pipeline").rglob("*.py")
        for call in re.findall(r'"git",\s*([^\n]*)', path.read_text(encoding="utf-8"))
        if any(f'"{read}"' in call for read in READS)
    ]
    assert len(calls) >= 3
    assert [name for name, call in calls if "--no-optional-locks" not in call] == []
