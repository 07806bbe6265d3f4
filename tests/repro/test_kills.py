"""What is left of a build that died? The last good outputs; and the next run gives the
bytes of one that did not.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from builds import copy_tree
from here import done_here
from small_project import SMALL_ROUND, STATES

from pipeline.project import Project
from pipeline.steps.plan import RECORDS, Plan
from pipeline.steps.why import NOTHING, lines_of

KILLS = int(os.environ.get("KILLS", "3"))  # `make soak`: a hundred
SEED = int(os.environ.get("SEED", "20260301"))
ASKED = ("reports", "REPORTS=thb", "VERSIONS=restricted public", f"ROUND={SMALL_ROUND}")
# The steps of a build, by the options of a build that ends with each.
STEPS = (
    ("--until", "stores"),
    ("--until", "protect"),
    ("--versions", "restricted public"),
)


@dataclass
class Place:
    """A small project, whose returns change from the first state to the second; and the
    bytes of both builds.
    """

    root: Path
    first: dict[str, str] = field(default_factory=dict)
    second: dict[str, str] = field(default_factory=dict)
    took: dict[tuple[str, ...], float] = field(default_factory=dict)

    @property
    def round(self) -> Path:
        return self.root / "outputs" / str(SMALL_ROUND)

    def make(self, *targets: str) -> None:
        done_here(*(targets or ASKED), root=self.root)

    def build(self, step: tuple[str, ...]) -> None:
        command = [".venv/bin/python", "-m", "pipeline", "build", "--round", str(SMALL_ROUND)]
        subprocess.run([*command, "--reports", "thb", *step], cwd=self.root, check=True)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Begin a build as an analyst would, or another command."""
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "SELEC_"))
        }
        return subprocess.Popen(
            command or ("make", *ASKED),
            cwd=self.root,
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def begin_again(self) -> None:
        """Outputs and records as they were before the return was corrected, with the
        times of the files.
        """
        for name in ("outputs", "records"):
            shutil.rmtree(self.root / name)
            shutil.copytree(self.root.parent / "first" / name, self.root / name, symlinks=True)

    def published(self, outputs: str = "outputs") -> dict[str, str]:
        """The files of the versions by their hash."""
        folder = self.root / outputs / str(SMALL_ROUND)
        return {
            str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for v in ("restricted", "public")
            for p in sorted((folder / "thb" / v).glob("*"))
            if p.is_file()
        }

    def everything(self) -> dict[str, str]:
        """All files of the round that a later step, an analyst or a reader takes, by
        what they hold. The records of the steps name databases by their bytes, which are
        others each time.
        """
        kept = [
            p
            for p in self.round.rglob("*")
            if p.is_file()
            and p.suffix in (".json", ".html", ".csv", ".sha256")
            and p.parent.name != RECORDS
        ]
        return self.published() | {
            str(p.relative_to(self.round)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(kept)
        }

    def correct_a_return(self) -> None:
        path = self.root / "returns" / str(SMALL_ROUND) / "thb" / "RO.xlsx"
        book = openpyxl.load_workbook(path)
        book["9 Offences"]["C7"] = 533
        book.save(path)


@pytest.fixture(scope="module")
def place(small_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    root = tmp_path_factory.mktemp("kills") / "project"
    place = Place(copy_tree(small_built, root))
    place.first = place.everything()
    for name in ("outputs", "records"):
        kept = place.root.parent / "first" / name
        shutil.copytree(place.root / name, kept, symlinks=True)
    place.correct_a_return()
    for step in STEPS:
        began = time.monotonic()
        place.build(step)
        place.took[step] = time.monotonic() - began
    place.second = place.everything()
    assert place.second != place.first
    place.begin_again()
    return place


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a build and all that it started, as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.thorough
@pytest.mark.slow
def test_a_build_killed_at_any_moment_is_finished_by_the_next(place: Place) -> None:
    chance = random.Random(SEED)
    killed = 0
    for number, step in enumerate(STEPS):
        wanted = killed + KILLS // len(STEPS) + (number < KILLS % len(STEPS))
        longest = place.took[step]
        while killed < wanted:
            process = place.start()
            finished = False
            try:
                process.wait(chance.uniform(0.1, longest))
                finished = True  # the machine has less to do than when the steps were timed
                longest *= 0.7
            except subprocess.TimeoutExpired:
                kill(process)
                killed += 1
            # A reader meets whole versions only, each of the state before or of the
            # state after.
            for name, digest in place.published().items():
                assert digest in (
                    place.first[name],
                    place.second[name],
                ), f"{name} after {killed} kills in {step}"
            if finished:
                place.begin_again()
                for before in STEPS[:number][-1:]:
                    place.build(before)
        place.build(step)
    place.make()
    assert place.everything() == place.second
    assert not list((place.root / "outputs").rglob("*.unfinished*"))


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _replace(path: Path) -> None:
    path.unlink()
    path.mkdir()


# What each step leaves, and the step that is done again first when it is damaged.
DAMAGED = {
    "work/validation.json": "validate",
    "work/staged.duckdb": "validate",
    "findings/findings.json": "validate",
    "findings/index.html": "findings",
    "work/cubes.duckdb": "numbers",
    "stores/restricted/thb.duckdb": "stores",
    "stores/restricted/thb.csv": "stores",
    "stores/restricted/thb.sha256": "stores",
    "stores/public/thb.duckdb": "protect",
    "stores/public/thb.csv": "protect",
    "stores/public/thb.sha256": "protect",
    "proof/public.json": "protect",
    "thb/public/manifest.json": "thb public",
    "thb/public/cells.csv": "thb public",
    "thb/public/html/style.css": "thb public",
    "masters/thb/public/manifest.json": "thb public",
    "masters/thb/public/data/structure.xml": "thb public",
    "work/printed/thb-public.json": "thb public",
    "work/printed/thb-public.html": "thb public",
}


@pytest.mark.thorough
def test_a_damaged_file_is_not_taken_for_up_to_date(place: Place) -> None:
    """Which step would a build do first?"""
    place.make()
    project = Project(place.root)

    def planned() -> list[str]:
        return lines_of(Plan(project, SMALL_ROUND, reports=("thb",), versions=("public",)))

    assert planned() == [NOTHING]
    for name, step in DAMAGED.items():
        path = place.round / name
        whole = path.read_bytes()
        for act in (_flip, _cut, _replace, Path.unlink):
            act(path)
            told = planned()
            if not step.startswith("thb") and step not in ("stores",):
                assert told[0].startswith(f"{step} {SMALL_ROUND}: "), f"{name}: {told}"
            else:
                assert [line for line in told if line.startswith(step)], f"{name}: {told}"
            if path.is_dir():
                path.rmdir()
            path.write_bytes(whole)
    assert planned() == [NOTHING]


@pytest.mark.thorough
@pytest.mark.slow
def test_what_was_damaged_is_made_again_with_the_same_bytes(place: Place) -> None:
    place.make()
    whole = place.everything()
    for number, name in enumerate(DAMAGED):
        ((_flip, _cut, _replace)[number % 3])(place.round / name)
    place.make()
    again = place.everything()
    assert {n for n, digest in again.items() if whole.get(n) != digest} == set()
    assert set(whole) <= set(again)
    assert all((place.round / name).is_file() for name in DAMAGED)
    place.make()


@pytest.mark.thorough
@pytest.mark.slow
def test_the_reports_of_a_day_are_built_again_byte_for_byte(place: Place) -> None:
    """The return was corrected today; at the end of the year in which it came in, its
    first form was what was known.
    """
    day = f"{SMALL_ROUND + 2}-12-31"
    place.make()
    then = place.published()
    place.make(*ASKED, f"AS_OF={day}")
    first = {name: digest for name, digest in place.first.items() if name in then}
    assert place.published(f"outputs/as-of/{day}/outputs") == first != then
    assert place.published() == then
    place.make("changes", *ASKED[1:], "VERSION=restricted", f"FROM={day}")
    found = json.loads(
        (place.round / "changes" / "thb-restricted" / "changes.json").read_text(encoding="utf-8")
    )
    corrected = next(f for f in found["figures"] if f["key"] == "THB_OFFENCES:RO.2017")
    assert (corrected["after"], corrected["why"]) == ("533", "resubmitted")
    assert {f["why"] for f in found["figures"]} == {"resubmitted"}
    assert "'533'" in corrected["details"][0]
    assert [p for p in found["passages"] if "533" in p["after"].split()]


@pytest.mark.thorough
@pytest.mark.slow
def test_make_validate_writes_what_goes_back_to_every_state(place: Place) -> None:
    place.make("validate", *ASKED[1:])
    written = {
        p.relative_to(place.round / "findings").as_posix()
        for p in (place.round / "findings").glob("*/*")
    }
    for state in STATES:
        assert f"{state}/{state}-{SMALL_ROUND}-letter.pdf" in written
        assert any(
            name.startswith(f"{state}/{state}-thb-{SMALL_ROUND}-marked.") for name in written
        ), sorted(written)
