"""What can be said of the quality of an edition? The headings of SIMS, with figures that named queries work out.

`templates/shared/quality.yaml` says what holds for every edition and which query stands where; a query is a file of
`sql/quality` and reads the store of the version, so the public version tells nothing that is not in its own store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.report.numbers import number
from pipeline.report.store import Store

DEFINITION = "shared/quality.yaml"
NO_FIGURE = ":"


@dataclass(frozen=True)
class QualityLine:
    """A heading with what it says, or a figure below it: what it is, the query behind it, and its text."""

    heading: str
    says: str
    query: str = ""
    text: str = ""


def quality_lines(store: Store, root: Path) -> Iterator[QualityLine]:
    """The lines of the quality report of a version. Raises UserError at a broken definition or query."""
    import duckdb
    import yaml

    content: list[dict[str, Any]] = yaml.safe_load((root / "templates" / DEFINITION).read_text(encoding="utf-8"))
    folder = root / "sql" / "quality"
    with duckdb.connect(str(store.path), read_only=True) as connection:
        for entry in content:
            yield QualityLine(entry["heading"], entry["says"])
            for figure in entry.get("figures", ()):
                if store.version not in figure.get("versions", (store.version,)):
                    continue
                query = folder / f"{figure['query']}.sql"
                if not query.is_file():
                    raise UserError(
                        f"there is no query '{figure['query']}'", where=f"{DEFINITION}, {entry['heading']}",
                        allowed=", ".join(sorted(p.stem for p in folder.glob("*.sql"))), do="name one, or write it",
                    )  # fmt: skip
                yield QualityLine(entry["heading"], figure["what"], query.stem, _answer(connection, query))


def _answer(connection: Any, query: Path) -> str:
    import duckdb

    where = f"sql/quality/{query.name}"
    try:
        rows = connection.execute(query.read_text(encoding="utf-8")).fetchall()
    except duckdb.Error as problem:
        raise UserError(f"the query does not run: {problem}", where=where, do="correct the query") from problem
    if len(rows) != 1 or len(rows[0]) != 1:
        raise UserError("the query gives no single number", where=where, do="return one row of one column")
    (value,) = rows[0]
    return NO_FIGURE if value is None else number(Decimal(value), 1 if isinstance(value, Decimal) else 0)
