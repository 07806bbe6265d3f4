"""Does a large part get the same pattern however it was gone through: on any number of
cores, stopped and taken up again, with a lane that died?
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from bench.instances import as_system, make_instance

from pipeline.disclosure.choose import choose as choosing
from pipeline.disclosure.choose import lanes
from pipeline.disclosure.choose.components import Part, split
from pipeline.disclosure.choose.kept_moves import KeptMoves
from pipeline.disclosure.choose.lanes import Kept, forget, hide_in_lanes
from pipeline.disclosure.choose.repair import Repair
from pipeline.system.progress import silent


@pytest.fixture(scope="module")
def part() -> Part:
    return split(as_system(make_instance(1_000, 1)))[0][0]


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LATER", 40)


def begun(part: Part) -> tuple[Repair, list[int]]:
    price = np.where(part.hidden, 1.0, part.loss)
    order = sorted((d.cell for d in part.demands), key=lambda c: (-int(part.value[c]), c))
    return Repair(part, price, hidden=part.hidden.copy()), order


@pytest.fixture(scope="module")
def whole(part: Part) -> Repair:
    repair, order = begun(part)
    hide_in_lanes(repair, order, progress=silent, keeping=forget)
    return repair


def test_every_demand_is_proven_by_moves_of_hidden_cells(part: Part, whole: Repair) -> None:
    assert whole.lost == []
    assert not any(whole.proofs.wishes(d.cell) for d in part.demands)
    for move, _ in whole.proofs.owned():
        assert whole.attacker.holds(move)
        assert whole.hidden[move.cells].all()


def test_one_core_gets_the_pattern_of_two(part: Part, whole: Repair) -> None:
    cores = os.sched_getaffinity(0)
    repair, order = begun(part)
    os.sched_setaffinity(0, {min(cores)})
    try:
        hide_in_lanes(repair, order, progress=silent, keeping=forget)
    finally:
        os.sched_setaffinity(0, cores)
    assert np.array_equal(repair.hidden, whole.hidden)


def test_progress_tells_how_much_is_proven_and_how_long_the_rest_takes(part: Part) -> None:
    told: list[tuple[str, int, int]] = []

    def progress(what: str, done: int = 0, *, total: int = 0) -> None:
        told.append((what, done, total))

    repair, order = begun(part)
    hide_in_lanes(repair, order, progress=progress, keeping=forget)
    assert told[0] == ("one part of many linked cells: sensitive cells proven", 0, len(order))
    assert [d for _, d, _ in told] == sorted({d for _, d, _ in told})
    assert all("; about " in what and what.endswith(" left") for what, _, _ in told[1:])
    assert len(told) > 1


def stop_after(turns: int) -> Iterator[None]:
    yield from [None] * turns
    raise KeyboardInterrupt


def test_what_was_proven_before_an_interruption_is_not_looked_for_again(
    part: Part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptMoves(tmp_path, "public")
    repair, order = begun(part)
    left = stop_after(2)

    def progress(what: str, done: int = 0, *, total: int = 0) -> None:
        next(left)

    with pytest.raises(KeyboardInterrupt):
        hide_in_lanes(repair, order, progress=progress, keeping=kept)
    proven = {c for c in order if not repair.proofs.wishes(c)}
    assert 0 < len(proven) < len(order)
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again, _ = begun(part)
    asked: list[int] = []

    def asks(repair: Repair, cells: list[int]) -> list[tuple[list[lanes.Owned], list[int]]]:
        asked.extend(cells)
        return [([], cells)]

    monkeypatch.setattr(lanes, "_turn", asks)
    hide_in_lanes(again, order, progress=silent, keeping=kept)
    assert set(asked) == set(order) - proven
    kept.clear()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("during", ["turn", "lane"])
@pytest.mark.parametrize("turns", [0, 1, 2])
def test_a_run_that_was_stopped_ends_with_the_pattern_of_one_that_was_not(
    part: Part,
    whole: Repair,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    turns: int,
    during: str,
) -> None:
    kept = KeptMoves(tmp_path, "public")
    left = stop_after(turns)
    turn = lanes._turn

    def stopped(repair: Repair, cells: list[int]) -> Iterator[tuple[list[lanes.Owned], list[int]]]:
        lanes_of_turn = turn(repair, cells)
        if during == "lane":  # one of two has answered, and its moves are taken
            yield next(lanes_of_turn)
        next(left)
        yield from lanes_of_turn

    monkeypatch.setattr(lanes, "_turn", stopped)
    with pytest.raises(KeyboardInterrupt):
        hide_in_lanes(begun(part)[0], begun(part)[1], progress=silent, keeping=kept)
    monkeypatch.setattr(lanes, "_turn", turn)
    again, order = begun(part)
    hide_in_lanes(again, order, progress=silent, keeping=kept)
    assert np.array_equal(again.hidden, whole.hidden)
    assert again.lost == whole.lost


def test_cells_that_were_given_up_are_not_looked_for_again(part: Part, tmp_path: Path) -> None:
    kept = KeptMoves(tmp_path, "public")
    given_up = part.demands[0].cell
    repair, order = begun(part)
    repair.hide([c for c in order if c != given_up][:30])
    kept.write(part, Kept(tuple(repair.proofs.owned()), (given_up,)))
    again, _ = begun(part)
    hide_in_lanes(again, order, progress=silent, keeping=kept)
    assert again.lost == [given_up]


@pytest.mark.parametrize("damage", [b"", b"no file of numpy", None])
def test_a_damaged_or_foreign_file_is_as_good_as_none(
    part: Part, whole: Repair, tmp_path: Path, damage: bytes | None
) -> None:
    kept = KeptMoves(tmp_path, "public")
    kept.write(part, Kept(tuple(whole.proofs.owned())))
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    assert kept.read(part) == Kept()


def test_a_part_with_one_figure_revised_begins_anew(
    part: Part, whole: Repair, tmp_path: Path
) -> None:
    kept = KeptMoves(tmp_path, "public")
    kept.write(part, Kept(tuple(whole.proofs.owned())))
    assert len(kept.read(part).moves) == len(whole.proofs.owned())
    part.value[0] += 1
    try:
        assert kept.read(part) == Kept()
    finally:
        part.value[0] -= 1


def test_kept_moves_that_do_not_hold_prove_nothing(
    part: Part, whole: Repair, tmp_path: Path
) -> None:
    kept = KeptMoves(tmp_path, "public")
    wrong = [(type(m)(m.cells, m.change + 1), owner) for m, owner in whole.proofs.owned()]
    kept.write(part, Kept(tuple(wrong)))
    repair, order = begun(part)
    hide_in_lanes(repair, order, progress=silent, keeping=kept)
    assert all(repair.attacker.holds(m) for m, _ in repair.proofs.owned())
    assert np.array_equal(repair.hidden, whole.hidden)


def test_a_lane_that_dies_is_gone_through_all_the_same(
    part: Part, whole: Repair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(repair: Repair, share: list[int], told: object) -> None:
        os._exit(9)

    monkeypatch.setattr(lanes, "_work", dies)
    repair, order = begun(part)
    hide_in_lanes(repair, order, progress=silent, keeping=forget)
    assert repair.lost == []
    assert not any(repair.proofs.wishes(c) for c in order)


def test_a_choice_goes_through_lanes_where_the_part_is_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = as_system(make_instance(1_000, 1))
    told: list[str] = []
    monkeypatch.setattr(choosing, "SEARCHED", 100)
    pattern = choosing.choose(system, progress=lambda what, done=0, *, total=0: told.append(what))
    assert any("many linked cells" in what for what in told)
    assert pattern.unprotected == ()
    for move in pattern.moves:
        assert pattern.hidden[move.cells].all()
        assert not (system.rows[:, move.cells] @ move.change).any()
