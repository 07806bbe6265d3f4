"""Does a scheduled run need anything of its surroundings? A source archive without git, for
reading only, in a folder of an odd name, run by another user with nothing in the environment.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_project import SMALL_ROUND, small_project

from pipeline.errors import NoGoError
from pipeline.project import Project
from pipeline.release.operations.runs import read_runs

ANOTHER = "nobody"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The small project as it comes out of a source archive."""
    root = small_project(tmp_path / "Отчёты SELEC št 1")
    git = root / ".git"
    shutil.rmtree(git) if git.is_dir() else git.unlink()
    settings = root / "data_contracts" / "operations.yaml"
    text = settings.read_text(encoding="utf-8")
    assert "versions: [restricted, partner, public]" in text
    text = text.replace("versions: [restricted, partner, public]", "versions: [public]")
    settings.write_text(text, encoding="utf-8")
    gate = root / "data_contracts" / "release_gate.yaml"
    text = re.sub("(?m)^states: .*", "states: 9", gate.read_text(encoding="utf-8"))
    gate.write_text(text, encoding="utf-8")
    (root / "data_contracts" / "calendar.yaml").write_text(
        "zone: Europe/Bucharest\nrounds:\n"
        f"  - {{round: {SMALL_ROUND}, report: thb, opens: {SMALL_ROUND + 1}-01-10,"
        f" due: {SMALL_ROUND + 1}-03-31, cutoff: {SMALL_ROUND + 1}-04-30,"
        f" release: {{public: {SMALL_ROUND + 1}-06-01 10:00}}}}\n",
        encoding="utf-8",
    )
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o555 | 0o444)
    return root


def can_read(user: str) -> bool:
    """Whether another user gets at Python and the code of this test."""
    try:
        done = subprocess.run([sys.executable, "-c", "import pandas"], user=user, cwd="/", env={})
    except OSError:
        return False
    return done.returncode == 0


def bound() -> list[str]:
    """What root is started with so that it obeys the modes of files like anybody."""
    is_free = os.getuid() == 0 and shutil.which("setpriv")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if is_free else []


@pytest.mark.thorough
@pytest.mark.slow
def test_a_run_needs_nothing_of_its_surroundings(archive: Path, tmp_path: Path) -> None:
    another = ANOTHER if os.getuid() == 0 and can_read(ANOTHER) else None
    places = [tmp_path / "where it may write" / name for name in ("outputs", "records")]
    for place in places:
        place.mkdir(parents=True)
        if another:
            shutil.chown(place, another)
            os.chmod(place.parent, 0o755)
    if another:
        for folder in (tmp_path, *tmp_path.parents):
            if folder != Path("/tmp") and folder.stat().st_uid == os.getuid():
                folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run(
        [*([] if another else bound()), f"{archive}/.venv/bin/python", "-m", "pipeline", "run"],
        cwd=archive,
        user=another,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "SELEC_OUTPUTS": str(places[0]),
            "SELEC_RECORDS": str(places[1]),
            "GIT_CEILING_DIRECTORIES": str(tmp_path),
        },
        capture_output=True,
        text=True,
    )
    project = Project(archive, places[0], records_folder=places[1])
    told = f"{done.stdout}\n{done.stderr}"
    # Three states of eleven: built, and not fit to be published.
    assert done.returncode == NoGoError.exit_code, told
    (run,) = read_runs(project)
    assert run.commit == "unknown"
    folder = project.version_folder(SMALL_ROUND, "thb", "public")
    name = f"selec-thb-{SMALL_ROUND}-public-1"
    made = {f"{name}.pdf", f"{name}.key-findings.pdf"}
    assert {p.name for p in folder.glob("*.pdf")} == made, told
    if another:
        owner = pwd.getpwnam(another).pw_uid
        assert {p.stat().st_uid for p in folder.rglob("*")} == {owner}
    assert not (archive / "outputs" / str(SMALL_ROUND)).exists()
