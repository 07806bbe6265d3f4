"""Is nothing believed of a change that somebody suggests, and is each that holds used?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from bench.instances import Instance, as_system, make_instance

from pipeline.disclosure.choose.choose import choose
from pipeline.disclosure.choose.linked import Pattern
from pipeline.disclosure.prove import search
from pipeline.disclosure.prove.proof import Proof, prove
from pipeline.disclosure.prove.search import Search


@pytest.fixture(scope="module")
def instance() -> Instance:
    return make_instance(1_000, 1)


@pytest.fixture(scope="module")
def pattern(instance: Instance) -> Pattern:
    return choose(as_system(instance))


@pytest.fixture(scope="module")
def changes(instance: Instance, pattern: Pattern) -> list[dict[str, int]]:
    names = as_system(instance).names
    return [m.named(names) for m in pattern.moves]


def proof(
    instance: Instance,
    hidden: np.ndarray,
    suggested: list[Mapping[str, int]] | list[dict[str, int]],
) -> Proof:
    system = as_system(instance)
    return prove(
        system.names,
        system.value,
        hidden=hidden,
        sums=instance.sums,
        intervals=(),
        lows=system.low,
        highs=system.high,
        demands={system.names[d.cell]: (d.low, d.high, d.values) for d in system.demands},
        suggested=suggested,
    )


def assert_every_table_holds(instance: Instance, hidden: np.ndarray, found: Proof) -> None:
    shown = {n for n, h in zip(instance.values, hidden, strict=True) if not h}
    for table in found.tables:
        assert not shown & table.keys()
        values = {n: v + table.get(n, 0) for n, v in instance.values.items()}
        assert all(values[w] == sum(values[p] for p in parts) for w, parts in instance.sums)
        assert all(values[n] >= min(1, instance.values[n]) for n in values)


def test_what_the_chooser_found_proves_everything_without_a_search(
    instance: Instance,
    pattern: Pattern,
    changes: list[dict[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "STEPS", ())
    monkeypatch.setattr(search, "LEVELS", ())
    found = proof(instance, pattern.hidden, changes)
    assert found.failures == {}
    assert 0 < len(found.tables) < len(changes)  # many changes in one table
    assert_every_table_holds(instance, pattern.hidden, found)


@pytest.mark.parametrize(
    "tampered",
    [
        lambda change: {n: c + 1 for n, c in change.items()},
        lambda change: {**change, min(change): change[min(change)] * 1000},
        lambda change: {**change, "no such cell": 1},
        lambda change: dict(list(change.items())[1:]),
        lambda change: {},
    ],
)
def test_a_wrong_change_is_left_out_and_the_search_proves_instead(
    instance: Instance, pattern: Pattern, changes: list[dict[str, int]], tampered: object
) -> None:
    assert callable(tampered)
    found = proof(instance, pattern.hidden, [tampered(c) for c in changes])
    assert found.failures == {}
    assert_every_table_holds(instance, pattern.hidden, found)


def test_a_change_of_a_cell_that_is_shown_proves_nothing(
    instance: Instance, pattern: Pattern, changes: list[dict[str, int]]
) -> None:
    added = np.flatnonzero(pattern.hidden & ~as_system(instance).hidden)
    shown = pattern.hidden.copy()
    shown[added] = False  # only small counts are hidden: most follow from the rest
    found = proof(instance, shown, changes)
    assert len(found.failures) > 100
    assert found.failures == proof(instance, shown, []).failures
    assert_every_table_holds(instance, shown, found)


def test_what_suggestions_leave_open_is_searched_for(
    instance: Instance,
    pattern: Pattern,
    changes: list[dict[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_: list[int] = []
    sweeps = Search.sweep_all

    def counted(self: Search) -> None:
        open_.append(len(self.progress.open()))
        sweeps(self)

    monkeypatch.setattr(Search, "sweep_all", counted)
    assert proof(instance, pattern.hidden, changes[::2]).failures == {}
    assert 0 < open_[0] < len(as_system(instance).demands)
