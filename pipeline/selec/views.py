"""Which views can be asked, and what does each column of them say?

The texts stand in the database too, as comments on views and columns. A view that a
version does not have is not there at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.contracts.model import Table

KEPT = "kept"  # the schema that views read from

# What a view over a cube begins with, beside state, year and the cube's own dimensions.
_FIGURE = (
    "value",
    "unit",
    "obs_status",
    "conf_status",
    "withheld",
    "coverage",
    "members",
    "states",
    "question",
    "wholes",
    "queried",
    "counts",
    "vintage",
    "note",
)
_LINEAGE = ("origin", "submission", "file", "sheet", "address", "raw", "part_keys")

COLUMNS = {
    "address": "the cell or line of the file",
    "allowed": "what the rule allows",
    "began": "when it began, in UTC",
    "code": "a code of the dimension; of a run or step its exit code, 0 where it did its work",
    "commit": "the code that ran",
    "end": "done, killed, going on, or how else it ended",
    "ended": "when it ended, in UTC",
    "error": "the kind of what a person must repair",
    "office": "the office whose part it is; empty where a return came whole",
    "run": "the run",
    "seconds": "how long it took",
    "step": "the step of the build",
    "what": "what was run",
    "why": "what had changed, so that it was done",
    "answer": "reported, suppressed, earlier, refused, none or question",
    "cell": "the cell or line that the finding is on",
    "cells": "how many figures were read from it",
    "codes": "the codes of the dimensions after state and year",
    "conf_status": "confidentiality as its sender set it, SDMX: F free, C confidential ...",
    "contract_version": "the version of the contract that it was read by",
    "counts": "whether regional sums and comparisons use it",
    "coverage": "of a sum over states: how many are in it",
    "crime_area": "the crime area of the table",
    "cube": "the table of a contract",
    "definition": "whether the table's definition is followed",
    "description": "what the table asks",
    "difference": "new less old",
    "dimension": "a dimension of a cube",
    "dimensions": "the dimensions after state and year, in their order",
    "do": "what the state should do",
    "file": "the file of the return",
    "first_round": "the first round that asks for it, empty where it always was",
    "found": "what was found",
    "grain": "what one row is",
    "key": "the key of the cell",
    "known": "the entry of the register of known errors",
    "label": "the label of the code",
    "last_round": "the last round that asks for it, empty where it is still asked",
    "members": "of a sum over states: how many could be in it",
    "name": "the name of the fact",
    "new_raw": "the newer figure as it was written",
    "new_value": "the newer figure",
    "note": "the note of the sender",
    "obs_status": "SDMX: A normal, B break, O not reported, Q suppressed ...",
    "old_raw": "the older figure as it was written",
    "old_round": "the round of the older figure",
    "old_value": "the older figure",
    "origin": (
        "reported, derived, group, region, constant, both, resolved, judged, reference, score or"
        " context"
    ),
    "parent": "the code that it is a part of",
    "part": "the key of a part that exceeds the whole",
    "part_cube": "the cube of the parts",
    "part_key": "a cell that adds up to it",
    "part_keys": "the cells that add up to it",
    "parts": "the parts that would stand in the place of the whole",
    "position": "the place of the dimension in keys",
    "query": "the id under which the state is asked",
    "queried": "whether its state was asked about it",
    "question": "whole, part or settled where figures exceed one another",
    "raw": "the figure as it was written",
    "reason": "what the state answered",
    "received": "the date on its cover",
    "remark": "what query or register say about it",
    "report": "the report",
    "resolution": "whole, parts or neither; empty while it is open",
    "respondent": "who answers: states, or the Center; others, for context",
    "round": "the round; of a file that for which it was sent",
    "rule": "the rule",
    "severity": "error, query or note",
    "sha256": "the hash of the file",
    "sheet": "the sheet of the file",
    "source": "the source that the cover names",
    "state": "a state by its ISO code; SELEC, SELEC_FIX and SELEC_BOTH are sums over states",
    "states": "of a sum over states: which are in it",
    "submission": "the submission in the ledger",
    "table_name": "the table",
    "title": "the title of the table",
    "unit": "the unit of the value",
    "used": "whether this round counts it",
    "valid_from": "the first year of the code, 0 where it is open",
    "valid_to": "the last year of the code, 9999 where it is open",
    "value": "the figure; empty is never zero, see obs_status",
    "vintage": "the round that it comes from",
    "whole": "the key of the whole",
    "whole_cube": "the cube of the whole",
    "wholes": "the figures in question beside which it stands",
    "withheld": "whether this version may not show it",
    "year": "the year of the figure",
}


@dataclass(frozen=True)
class View:
    """A view with what it holds, and its columns in their order."""

    name: str
    what: str
    columns: tuple[str, ...]
    select: str  # what its rows come from; empty for the kept table of its name
    restricted: bool = False  # only versions that are not protected have it


_CELL = ("key", "cube", "report", "state", "year", "codes", *_FIGURE)
VIEWS = (
    View("cells", "every cell of every cube", _CELL, ""),
    View(
        "tables",
        "the tables that the round asks for: one is one cube, and one view",
        (
            *("cube", "report", "title", "description", "grain", "unit", "crime_area"),
            *("respondent", "first_round", "last_round", "dimensions"),
        ),
        "",
    ),
    View(
        "codes",
        "the codes of each dimension of each cube",
        ("cube", "dimension", "position", "code", "label", "parent", "valid_from", "valid_to"),
        "",
    ),
    View(
        "coverage", "how each state answered each table", ("report", "cube", "state", "answer"), ""
    ),
    View(
        "conflicts",
        "wholes of a state that one of their parts exceeds",
        (
            *("state", "year", "whole", "whole_cube", "part_cube", "dimensions"),
            *("part", "parts", "resolution", "reason"),
        ),
        "",
    ),
    View(
        "sources",
        "what covers name as source",
        ("state", "report", "cube", "source", "definition"),
        "",
    ),
    View("facts", "facts of the round, as text", ("report", "name", "value"), ""),
    View(
        "parts",
        "which cells add up to which",
        ("key", "part_key"),
        "select key, unnest(part_keys) as part_key from kept.cells",
        restricted=True,
    ),
    View(
        "revisions",
        "figures that a newer round restated",
        (
            *("key", "state", "year", "old_value", "old_raw", "old_round"),
            *("new_value", "new_raw", "difference", "unit"),
        ),
        "",
        restricted=True,
    ),
    View(
        "findings",
        "what was found in the returns of the round",
        (
            *("round", "report", "state", "file", "sheet", "cell", "table_name", "key", "rule"),
            *("severity", "found", "allowed", "do", "contract_version", "query", "known", "remark"),
            "office",
        ),
        "",
        restricted=True,
    ),
    View(
        "submissions",
        "the ledger: every submission of every round",
        (
            *("submission", "round", "report", "state", "file", "sha256", "received"),
            *("contract_version", "cells", "used", "office"),
        ),
        "",
        restricted=True,
    ),
    View(
        "statements",
        "the ledger: every figure of every submission, also those that newer ones replaced",
        (
            *("submission", "key", "cube", "state", "year", "value", "raw", "obs_status"),
            *("conf_status", "note", "sheet", "address"),
        ),
        "",
        restricted=True,
    ),
    View(
        "runs",
        "the runs that were recorded, of every round",
        ("run", "what", "round", "began", "ended", "seconds", "code", "end", "commit"),
        "",
        restricted=True,
    ),
    View(
        "steps",
        "the steps of each run",
        ("run", "step", "began", "ended", "seconds", "code", "error", "why"),
        "",
        restricted=True,
    ),
)


def columns_of(view: View, *, protected: bool) -> tuple[str, ...]:
    """The columns of a view in a version: only one that is not protected tells the way
    of a figure.
    """
    return view.columns + (_LINEAGE if view.name == "cells" and not protected else ())


def select_of(view: View, *, protected: bool) -> str:
    """The statement of a view, over the kept tables."""
    if view.select:
        return view.select
    names = ", ".join(f'"{name}"' for name in columns_of(view, protected=protected))
    return f"select {names} from {KEPT}.{view.name}"


def view_of_cube(table: Table, *, protected: bool) -> View:
    """The view of a cube: a row is a cell, with a column for each of its dimensions."""
    dimensions = [d.name for d in table.dimensions]
    more = () if protected else _LINEAGE
    codes = "".join(f', codes[{i}] as "{name}"' for i, name in enumerate(dimensions, 1))
    figure = "".join(f', "{name}"' for name in (*_FIGURE, *more))
    return View(
        table.sql_name,
        f"{table.title}; a row is a cell",
        ("key", "state", "year", *dimensions, *_FIGURE, *more),
        f"select key, state, year{codes}{figure} from {KEPT}.cells where cube = '{table.name}'",
    )


def comments_of(view: View, columns: Iterable[str], table: Table | None = None) -> list[str]:
    """The statements that write what a view and its columns say into the database."""
    labels = (
        {d.name: f"{d.label}: a code of {d.codelist.name}" for d in table.dimensions}
        if table
        else {}
    )
    said = [f"comment on view {view.name} is {_text(view.what)}"]
    return said + [
        f'comment on column {view.name}."{name}" is {_text(labels.get(name) or COLUMNS[name])}'
        for name in columns
    ]


def _text(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
