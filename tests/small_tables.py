"""How does a test say what cells there are? As a small table of text, with only the
columns that matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import duckdb

from pipeline.cells import POPULATION_CUBE, REGIONS, Key, Question
from pipeline.contracts.model import Contracts
from pipeline.numbers.stored_tables import StoredCell, StoredFact, make_tables, write_rows
from pipeline.numbers.true_cells import TrueCell

# what a cell says instead of a number, and its status
MISSING = {
    ":": "O",
    "<5": "Q",
    "–": "M",
    "0n": "N",
}


def read_table(text: str) -> list[dict[str, str]]:
    """Rows of a table whose columns are parted by `|`, the first line naming them."""
    lines = [
        [c.strip() for c in line.split("|")] for line in text.strip().splitlines() if line.strip()
    ]
    heads = lines[0]
    return [dict(zip(heads, line, strict=False)) for line in lines[1:]]


def write_store(path: Path, contracts: Contracts, cells: str, **more: Any) -> Path:
    """A store with these cells. Columns: key, value (a number, a symbol of missing, or
    `c` for withheld) and, where they matter, obs, states, of, note, vintage, question,
    counts (yes or no), wholes, queried (yes or no). `more` gives rows of the store's
    other tables by name.
    """
    rows = [_store_row(contracts, r) for r in read_table(cells)]
    facts = {"cutoff": "2023-03-31", "refused": "", "round": "2022"}
    meta = [StoredFact(name, value) for name, value in facts.items()]
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        make_tables(connection)
        for name, content in {"cells": rows, "meta": meta, **more}.items():
            write_rows(connection, name, rows=content)
    return path


def _store_row(contracts: Contracts, row: dict[str, str]) -> StoredCell:
    key = Key.parse(row["key"])
    text = row["value"]
    states = row.get("states", "").split()
    withheld = text == "c"
    value = None if text in MISSING or withheld else Decimal(text.replace(",", ""))
    obs = row.get("obs") or ("Q" if withheld else MISSING.get(text, "A"))
    unit = "inhabitants" if key.cube == POPULATION_CUBE else contracts.table(key.cube).unit
    vintage = int(row["vintage"]) if row.get("vintage") else 2022
    coverage, of = (len(states), int(row.get("of") or 11)) if states else (None, None)
    return StoredCell(
        key=str(key),
        cube=key.cube,
        state=key.state,
        year=key.year,
        codes=key.codes[2:],
        value=value,
        unit=unit,
        obs_status=obs,
        conf_status="S" if withheld else "F",
        coverage=coverage,
        members=of,
        states=tuple(states),
        note=row.get("note", ""),
        vintage=vintage,
        withheld=withheld,
        question=cast(Question, row.get("question", "")),
        counts=row.get("counts", "yes") != "no",
        wholes=tuple(row.get("wholes", "").split()),
        queried=row.get("queried", "") == "yes",
        word="" if withheld else contracts.word_of(key, value),
    )


def true_cells(cells: str) -> list[TrueCell]:
    """Cells for disclosure control. Columns: key, value and, where they matter, conf,
    origin and parts (of a regional cell: state codes).
    """
    found = []
    for row in read_table(cells):
        key = Key.parse(row["key"])
        text = row["value"]
        value = None if text in MISSING else Decimal(text)
        parts = tuple(str(key.at(state=s)) for s in row.get("parts", "").split())
        origin = row.get("origin") or ("region" if key.state in REGIONS else "reported")
        found.append(
            TrueCell(key, value, MISSING.get(text, "A"), row.get("conf") or "F", origin, parts)
        )
    return found


def with_region(states: Iterable[TrueCell], first: int, last: int) -> dict[str, TrueCell]:
    """State cells and the regional cells over them: SELEC, and SELEC_FIX over states
    with every year of the window.
    """
    states = list(states)
    given = {c.key: c for c in states if c.value is not None}
    places = sorted({(k.cube, k.codes[2:], k.year) for k in given})
    regional = []
    for cube, codes, year in places:
        here = sorted(
            (k for k in given if (k.cube, k.codes[2:], k.year) == (cube, codes, year)), key=str
        )
        always = [k for k in here if all(k.at(year=y) in given for y in range(first, last + 1))]
        for region, origin, keys in (("SELEC", "region", here), ("SELEC_FIX", "constant", always)):
            if keys:
                total = sum((given[k].value or Decimal(0) for k in keys), Decimal(0))
                regional.append(
                    TrueCell(
                        keys[0].at(state=region), total, "A", "F", origin, tuple(map(str, keys))
                    )
                )
    return {str(c.key): c for c in [*states, *regional]}
