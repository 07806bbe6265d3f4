"""Does reading leave a store as it is, and is only noted what was printed?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_tables import write_store

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.report.formulas import change, comparable
from pipeline.report.ledger import PrintedHeading
from pipeline.report.printing import Printing
from pipeline.report.store import Store

RO = Key.parse("THB_OFFENCES:RO.2022")
CELLS = """
key                   | value
THB_OFFENCES:RO.2022  | 30
THB_OFFENCES:RO.2021  | 25
THB_OFFENCES:BG.2022  | 7
"""
READINGS: dict[str, Callable[[Store], Any]] = {
    "cell": lambda store: store.cell(RO),
    "a cell that nobody reported": lambda store: store.cell(RO.at(state="GR")),
    "every_cell": lambda store: list(store.every_cell()),
    "cells_of": lambda store: list(store.cells_of("THB_OFFENCES")),
    "cubes": lambda store: store.cubes(),
    "conflict": lambda store: store.conflict(str(RO)),
    "parts_instead": lambda store: store.parts_instead(str(RO)),
    "has_figures": lambda store: store.has_figures("THB_OFFENCES"),
    "is_asked": lambda store: store.is_asked("THB_OFFENCES"),
    "is_least": lambda store: store.is_least(store.cell(RO)),
    "own_tables": lambda store: store.own_tables(),
    "label": lambda store: store.label("", "state", code="RO"),
    "comparable": lambda store: comparable(store, RO, since=2021),
}


@pytest.fixture
def path(tmp_path: Path, contracts: Contracts) -> Path:
    return write_store(tmp_path / "store.duckdb", contracts, CELLS)


def facts(store: Store) -> dict[str, object]:
    return {name: repr(value) for name, value in vars(store).items() if name != "contracts"}


@pytest.mark.parametrize("read", READINGS.values(), ids=list(READINGS))
def test_reading_leaves_a_store_as_it_is(
    read: Callable[[Store], Any], path: Path, contracts: Contracts
) -> None:
    store = Printing(path, contracts, report="thb", version="restricted")
    before = facts(store)
    read(store)
    assert facts(store) == before
    assert not store.printed
    assert not store.shown


def test_every_reading_of_a_store_is_tried() -> None:
    public = {name for name in vars(Store) if not name.startswith("_")}
    assert public <= {*READINGS, "table"}  # a table is looked up for every label


def test_a_store_that_is_only_read_has_nowhere_to_note(path: Path, contracts: Contracts) -> None:
    store = Store(path, contracts, report="thb", version="restricted")
    assert not {"printed", "shown", "print_cell", "note"} & {*dir(store)}
    with pytest.raises(TypeError):
        store.meta["more"] = "0"  # type: ignore[index]


def test_what_is_printed_is_noted_once_and_in_order(path: Path, contracts: Contracts) -> None:
    store = Printing(path, contracts, report="thb", version="restricted")
    formula = change(store, RO, since=2021)
    store.print_cell(RO)
    assert list(store.printed) == [*formula.inputs]
    first, second = PrintedHeading("1", "a", "A", 1), PrintedHeading("2", "b", "B", 1)
    store.note(first)
    store.note(second)
    assert store.shown == [first, second]
