"""What may be printed? The released cells, and formulas over them worked out once more, apart from the renderer."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from pipeline.errors import LeakError

_MINUS = "\N{MINUS SIGN}"
_SYMBOLS = {"Q": "<5", "N": "0n", "M": "\N{EN DASH}"}
_WITHOUT_NUMBER = ("c", ":", "x", "\N{EN DASH}")
Texts = tuple[str, ...]  # any of these may stand in one place


@dataclass(frozen=True)
class Released:
    """One line of what was released. A withheld cell has no value, no coverage and no states."""

    value: Decimal | None
    unit: str
    obs_status: str
    withheld: bool
    coverage: str  # "9 of 11" or ""
    states: Texts


@dataclass(frozen=True)
class Register:
    """Every released and every withheld cell of a version by its key, and the sources that the version may name."""

    cells: dict[str, Released]
    sources: Texts = ()
    queries: dict[str, str] = field(default_factory=dict)  # what each named query over the store says

    @property
    def years(self) -> set[str]:
        return {key.split(":")[1].split(".")[1] for key in self.cells}

    @property
    def withheld(self) -> set[str]:
        return {key for key, cell in self.cells.items() if cell.withheld}

    def printed(self, reference: str) -> Texts:
        """The texts that may stand in a table or a chart for a key, or for a formula written `name(key, key + key)`."""
        if match := re.fullmatch(r"(\w+)\((.+)\)", reference):
            return self._formula(match[1], match[2].split(", "))
        return (self.text(reference),)

    def text(self, key: str) -> str:
        cell = self.cells.get(key)
        if cell is None:
            return ":"
        if cell.withheld:
            return "c"
        if cell.value is None:
            return _SYMBOLS.get(cell.obs_status, ":")
        places = (1 if cell.value >= 1 else 3) if cell.unit == "kg" and 0 < cell.value < 10 else 0
        return number(cell.value, places)

    def value(self, reference: str) -> Decimal | None:
        """The value behind a key or a formula, rounded as it is printed; None where there is none to show."""
        match = re.fullmatch(r"(\w+)\((.+)\)", reference)
        if not match:
            cell = self.cells.get(reference)
            return cell.value if cell else None
        name, (first, *rest) = match[1], match[2].split(", ")
        top, base = self.value(first), [self.value(k) for k in " + ".join(rest).split(" + ")]
        if name == "rate":
            base = [b for b in base if b is not None]
        known = [b for b in base if b is not None]
        if top is None or len(known) != len(base) or not sum(known):
            return None
        if name == "change":
            return rounded((top - known[0]) / known[0] * 100, 1)
        per, places = {"share": (100, 1), "rate": (100_000, 2)}[name]
        return rounded(top / sum(known) * per, places)

    def _formula(self, name: str, inputs: list[str]) -> Texts:
        if name == "query":
            return (self.queries[inputs[0]],) if inputs[0] in self.queries else ()
        if name == "coverage":
            cell = self.cells.get(inputs[0])
            return ("c",) if cell and cell.withheld else (cell.coverage if cell else "",)
        if name not in ("share", "change", "rate"):
            return ()
        value = self.value(f"{name}({', '.join(inputs)})")
        if value is None:
            return (*_WITHOUT_NUMBER, "<5", "0n") if self._symbol_of_sender(inputs) else _WITHOUT_NUMBER
        text = number(value, 2 if name == "rate" else 1)
        return (f"+{text}" if name == "change" and value > 0 else text, *_WITHOUT_NUMBER)

    def _symbol_of_sender(self, inputs: list[str]) -> bool:
        cells = [self.cells.get(key) for key in " + ".join(inputs).split(" + ")]
        return any(c is not None and not c.withheld and c.obs_status in ("Q", "N") for c in cells)


def rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def number(value: Decimal, places: int) -> str:
    return f"{rounded(value, places):,}".replace("-", _MINUS)


def read_register(path: Path) -> Register:
    """Read the released cells from a version's store, or from a CSV with key, value, unit, obs_status, conf_status,
    coverage and, for shares over some states only, states (codes parted by spaces)."""
    if not path.is_file():
        raise LeakError("the list of released cells does not exist", where=str(path), do="build the stores first")
    if path.suffix == ".duckdb":
        return _from_store(path)
    with path.open(encoding="utf-8", newline="") as file:
        return Register({row["key"]: _from_line(row) for row in csv.DictReader(file)})


def _from_store(path: Path) -> Register:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select key, value, unit, obs_status, withheld, coverage, members, states from cells"
        ).fetchall()
        sources = connection.execute("select distinct source from sources order by source").fetchall()
        queries = {name: _said(*(connection.execute(sql).fetchone() or (None,))) for name, sql in quality_queries()}
    return Register({row[0]: _from_row(row) for row in rows}, tuple(s for (s,) in sources if s), queries)


def quality_queries() -> Iterator[tuple[str, str]]:
    """The queries of `sql/quality` by name: each gives one number about a version from its store."""
    for path in sorted((Path(__file__).parents[2] / "sql" / "quality").glob("*.sql")):
        yield path.stem, path.read_text(encoding="utf-8")


def _said(value: Any) -> str:
    if value is None:
        return ":"
    return number(Decimal(value), 1 if isinstance(value, Decimal) else 0)


def _from_row(row: tuple[Any, ...]) -> Released:
    _, value, unit, obs, withheld, coverage, members, states = row
    counted = "" if coverage is None else f"{coverage} of {members}"
    return Released(None if value is None else Decimal(value), unit, obs, withheld, counted, tuple(states or ()))


def _from_line(row: dict[str, str]) -> Released:
    return Released(
        Decimal(row["value"]) if row["value"] else None, row["unit"], row["obs_status"], row["conf_status"] == "S",
        row["coverage"].replace("/", " of "), tuple((row.get("states") or "").split()),
    )  # fmt: skip
