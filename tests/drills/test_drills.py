"""Does a scheduled run that is disturbed go on, and say what it lacks? One drill of each
kind; `make drills` does all of them.
"""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import BusyError, PlaceError, UserError
from pipeline.release.operations.runs import recorded

from . import broken, clock, full_disk
from .place import ROUND, Place, end, shell_code, traces

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(small_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The small project, scheduled, with nothing built; `whole` is what a build left."""
    folder = tmp_path_factory.mktemp("drills")
    place = Place(Path(shutil.copytree(small_built, folder / "project", symlinks=True)))
    place.keep("whole")
    place.schedule()
    place.begin_again("")
    return place


@pytest.fixture(scope="module")
def disturbed(place: Place) -> Iterator[Place]:
    """The same on a disk that gets full, where one can be made here."""
    if full_disk.cannot():
        yield place
        return
    with full_disk.disk(place.root.parent / "disk", 4) as folder:
        yield full_disk.on_disk(place, folder)


def test_a_scheduled_run_is_ended_in_every_way_and_the_next_goes_on(
    disturbed: Place, place: Place
) -> None:
    """No room, killed, told to end, begun twice at once: the last one leaves what a build
    left that nobody disturbed.
    """
    here = disturbed
    if here is not place:
        full = here.run()
        assert full.code == PlaceError.exit_code
        assert [*full_disk.faults_of(here, full)] == []
        full_disk.make_room(place.root.parent / "disk", full_disk.ROOM)

    for number, steps in ((signal.SIGKILL, 1), (signal.SIGTERM, 2)):
        process = here.begin()
        earlier = len(here.runs())
        while len(here.runs()) == earlier or len(here.runs()[0].steps) < steps:
            assert process.poll() is None
            time.sleep(0.05)
        end(process, number)
        assert shell_code(process.returncode) == 128 + number
        said = {signal.SIGKILL: "killed", signal.SIGTERM: "ended by signal 15"}
        assert here.runs()[0].end == said[number]
        if number == signal.SIGTERM:  # it tidies up; after one that was killed the next does
            assert [*here.left_over()] == []

    told = place.root.parent / "first.txt"
    first, second = here.begin(told=told), here.begin()
    try:
        while not here.runs()[0].alive:
            time.sleep(0.05)
        beside = here.run("validate", "--round", f"{ROUND}")
        codes = {first.wait(300), second.wait(300)}
    finally:
        for process in (first, second):
            end(process, signal.SIGKILL)
    assert codes == {0}, told.read_text(encoding="utf-8")
    assert beside.code == BusyError.exit_code
    assert "is at work" in beside.told
    later, earlier_one = here.runs()[:2]
    assert later.began >= earlier_one.ended  # it waited
    assert [s.name for s in later.steps if s.name.startswith("render")] == []
    assert [*here.left_over()] == []
    assert len(place.published("whole")) > 3
    assert here.published() == place.published("whole")


@pytest.mark.thorough
def test_a_return_that_is_cut_off_is_missed_and_the_others_stay(place: Place) -> None:
    place.begin_again("")
    path = place.returns / f"{broken.STATE}.xlsx"
    whole = path.read_bytes()
    try:
        broken.DAMAGES["cut off in the middle"](path)
        _, lacking, wrong = broken.without(place, others=broken.OTHERS)
    finally:
        path.write_bytes(whole)
    assert wrong == []
    assert lacking == 9


@pytest.mark.skipif(bool(clock.cannot()), reason=clock.cannot())
def test_a_run_whose_clock_was_set_back_by_years_says_so_and_does_nothing(place: Place) -> None:
    """By the calendar of that day there would be nothing to do, and all would be well."""
    with recorded(place.project, f"run {ROUND}", round_=ROUND):
        pass
    before = len(place.runs())
    with clock.clock_set(place.root, clock.BACK["ten years"]):
        done = place.run()
        notice = place.run("notice", "last")
    assert done.code == UserError.exit_code
    assert clock.REFUSES in done.told
    assert traces(done.told) == []
    # The last run is this one, not the one before that was well.
    last, *earlier = place.runs()
    assert len(earlier) == before
    assert (last.code, last.steps) == (UserError.exit_code, ())
    assert "exit code 2" in notice.told
    assert "the clock was set back" in notice.told
