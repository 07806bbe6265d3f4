"""Does the command `selec` answer with its own exit codes, and does a shell complete it?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from builds import ROOT

SELEC = Path(sys.executable).parent / "selec"


def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a scheduler calls it: by its path, with nothing in the environment."""
    return subprocess.run(
        [str(SELEC), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


def completed(line: str) -> set[str]:
    """What bash offers at the end of a line."""
    words = line.split(" ")
    done = run(_SELEC_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_it_is_the_same_as_the_module() -> None:
    assert (
        run("version").stdout
        == subprocess.run(
            [sys.executable, "-m", "pipeline", "version"], cwd=ROOT, capture_output=True, text=True
        ).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("status", "--round", "2022", "--report", "thb", "--version", "secret"), 2),
        (("feedback", "--round", "2022", "--state", "RO"), 2),
        (("approve", "--round", "2022", "--report", "thb", "--version", "public"), 11),
        (("nothing-like-it",), 2),
    ],
)
def test_a_refusal_keeps_its_code(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    done = run(*arguments, SELEC_OUTPUTS=str(tmp_path / "outputs"))
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("selec val", {"validate"}),
        ("selec render --report ", {"thb", "migration", "octa"}),
        ("selec render --version ", {"public", "partner", "restricted"}),
        ("selec validate --round 20", {"2021", "2022"}),
    ],
)
def test_a_shell_completes_commands_and_values(line: str, offered: set[str]) -> None:
    assert offered <= completed(line)


def test_outside_of_a_project_it_says_so(tmp_path: Path) -> None:
    done = run("lint", cwd=tmp_path)
    assert done.returncode not in (0, 1)
    assert "Traceback" not in done.stderr
