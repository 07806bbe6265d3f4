"""What can be said of the quality of an edition? The headings of SIMS, with figures
that named queries work out.

`templates/shared/quality.yaml` says what holds for every edition and which query stands
where; a query is a file of `sql/quality` and reads the store of the version, so the
public version tells nothing that is not in its own store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.errors import ContractError, UserError
from pipeline.report.numbers import number_text
from pipeline.report.store import Store
from pipeline.system.kept import open_database
from pipeline.system.yaml_files import name_of, read_yaml

DEFINITION = "shared/quality.yaml"
NO_FIGURE = ":"
_TEXT = {"type": "string", "minLength": 1}
_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["heading", "says"],
        "properties": {
            "heading": _TEXT,
            "says": _TEXT,
            "figures": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["what", "query"],
                    "properties": {
                        "what": _TEXT,
                        "query": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
                        "versions": {"type": "array", "minItems": 1, "items": _TEXT},
                    },
                },
            },
        },
    },
}


@dataclass(frozen=True)
class QualityLine:
    """A heading with what it says, or a figure below it: what it is, the query behind
    it, and its text.
    """

    heading: str
    says: str
    query: str = ""
    text: str = ""


def answer(store: Store, root: Path, *, name: str) -> str:
    """What a named query says of a version, as it is printed. Raises UserError where it
    is missing or broken.
    """
    with open_database(store.path) as connection:
        return _answer(connection, _query(root, name, where="query(...)"))


def read_quality(templates: Path) -> list[dict[str, Any]]:
    """The headings with what they say and the figures below them. Raises ContractError
    with all that is wrong.
    """
    file = read_yaml(templates / DEFINITION)
    if wrong := file.against(_SCHEMA):
        raise ContractError(
            "\n  ".join(["the file is wrong:", *wrong]),
            where=name_of(file.path),
            do="correct the entries",
        )
    content: list[dict[str, Any]] = file.content
    return content


def quality_lines(store: Store, root: Path) -> Iterator[QualityLine]:
    """The lines of the quality report of a version. Raises UserError at a broken
    definition or query.
    """
    content = read_quality(root / "templates")
    with open_database(store.path) as connection:
        for entry in content:
            yield QualityLine(entry["heading"], entry["says"])
            for figure in entry.get("figures", ()):
                if store.version not in figure.get("versions", (store.version,)):
                    continue
                query = _query(root, figure["query"], where=f"{DEFINITION}, {entry['heading']}")
                yield QualityLine(
                    entry["heading"], figure["what"], query.stem, _answer(connection, query)
                )


def _query(root: Path, name: str, *, where: str) -> Path:
    folder = root / "sql" / "quality"
    query = folder / f"{name}.sql"
    if not query.is_file():
        raise UserError(
            f"there is no query '{name}'",
            where=where,
            allowed=", ".join(sorted(p.stem for p in folder.glob("*.sql"))),
            do="name one, or write it",
        )
    return query


def _answer(connection: Any, query: Path) -> str:
    import duckdb

    where = f"sql/quality/{query.name}"
    try:
        rows = connection.execute(query.read_text(encoding="utf-8")).fetchall()
    except duckdb.Error as problem:
        raise UserError(
            f"the query does not run: {problem}", where=where, do="correct the query"
        ) from problem
    if len(rows) != 1 or len(rows[0]) != 1:
        raise UserError(
            "the query gives no single number", where=where, do="return one row of one column"
        )
    (value,) = rows[0]
    return (
        NO_FIGURE
        if value is None
        else number_text(Decimal(value), 1 if isinstance(value, Decimal) else 0)
    )
