"""Are the cells among which a change of a large part is looked for the ones among which it
closes?
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from bench.instances import as_system, make_instance
from scipy.sparse import csr_array

from pipeline.disclosure.choose import repair
from pipeline.disclosure.choose.attack import Attacker, Wish
from pipeline.disclosure.choose.choose import choose
from pipeline.disclosure.choose.components import Part, split
from pipeline.disclosure.choose.grid import Grid, grid_of
from pipeline.disclosure.choose.linked import System


@pytest.fixture(scope="module")
def system() -> System:
    return as_system(make_instance(1_000, 1))


@pytest.fixture(scope="module")
def part(system: System) -> Part:
    return split(system)[0][0]


def table(groups: bool) -> tuple[np.ndarray, csr_array]:
    """Two by four cells with their margins; the four in groups of two, where asked."""
    parents = {1: 5, 2: 5, 3: 6, 4: 6} if groups else {1: 0, 2: 0, 3: 0, 4: 0}
    columns = [0, 1, 2, 3, 4, *([5, 6] if groups else [])]
    node = np.array([*product((0, 1, 2), columns)])
    place = {tuple(codes): number for number, codes in enumerate(node.tolist())}
    sums = [(place[0, c], [place[1, c], place[2, c]]) for c in columns]
    for r in (0, 1, 2):
        for whole in {*parents.values(), 0}:
            parts = [c for c, p in parents.items() if p == whole] or [5, 6]
            sums.append((place[r, whole], [place[r, c] for c in parts]))
    data = [[1, *[-1] * len(parts)] for _, parts in sums]
    cells = [[whole, *parts] for whole, parts in sums]
    starts = np.cumsum([0, *map(len, cells)])
    shape = (len(sums), len(node))
    return node, csr_array((np.concatenate(data), np.concatenate(cells), starts), shape=shape)


@pytest.mark.parametrize("groups", [False, True])
def test_which_code_holds_which_is_read_off_the_sums(groups: bool) -> None:
    node, rows = table(groups)
    found = grid_of(node, rows, np.ones(len(node)))
    assert found.axes[0].leaves.tolist() == [1, 2]
    assert found.axes[1].leaves.tolist() == [1, 2, 3, 4]
    held = {
        leaf: set(np.flatnonzero(above).tolist())
        for leaf, above in zip(found.axes[1].leaves.tolist(), found.axes[1].above, strict=True)
    }
    assert held == {n: {n, 0} | ({5 + (n > 2)} if groups else set()) for n in (1, 2, 3, 4)}


def test_a_neighbourhood_has_the_cell_its_partners_and_all_above_and_no_other() -> None:
    node, rows = table(groups=True)
    value = np.where(node[:, 1] == 3, 9, 1)  # the largest of the other codes
    found = grid_of(node, rows, value)
    cell = node.tolist().index([1, 1])
    inside = found.around(cell, 1)
    assert {tuple(codes) for codes in node[inside].tolist()} == {
        *product((0, 1, 2), (0, 1, 3, 5, 6))
    }
    assert np.array_equal(inside, np.unique(inside))
    more = found.around(cell, 2)
    assert set(inside) < set(more)
    assert len(found.around(cell, 99)) == len(node)


def test_codes_that_no_sum_joins_do_not_move_together() -> None:
    node = np.array([[0, 1], [1, 1], [2, 1], [0, 2], [1, 2], [2, 2]])
    rows = csr_array(np.array([[1, -1, -1, 0, 0, 0], [0, 0, 0, 1, -1, -1]]))
    found = grid_of(node, rows, np.ones(6))
    assert node[found.around(1, 5)][:, 1].tolist() == [1, 1, 1]


def test_the_cells_of_a_part_keep_their_places(part: Part, system: System) -> None:
    assert isinstance(part.grid, Grid)
    assert system.grid is not None
    assert np.array_equal(part.grid.node, system.grid.node[part.cells])


def test_a_change_that_the_whole_part_has_closes_in_a_neighbourhood(part: Part) -> None:
    attacker = Attacker(part)
    cost = np.where(part.hidden, 1e-3, part.loss)
    everywhere = np.arange(len(part.cells))
    found = missed = 0
    for demand in part.demands[::4]:
        value = int(part.value[demand.cell])
        if value >= demand.high:
            wish = Wish(demand.cell, -np.inf, demand.low - value)
        else:
            wish = Wish(demand.cell, demand.high - value, np.inf)
        if attacker.move(wish, everywhere, cost=cost) is None:
            continue
        assert part.grid is not None
        if any(
            attacker.move(wish, part.grid.around(demand.cell, others), cost=cost) is not None
            for others in repair.OTHERS
        ):
            found += 1
        else:
            missed += 1
    assert found > 20
    assert missed <= found // 50


def test_a_pattern_of_neighbourhoods_protects_what_one_of_the_whole_part_does(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = choose(system)
    monkeypatch.setattr(repair, "SEARCHED", 0)
    pattern = choose(system)
    assert set(pattern.unprotected) <= set(whole.unprotected)
    assert (pattern.hidden >= system.hidden).all()
    assert pattern.hidden.sum() <= 1.5 * whole.hidden.sum()
