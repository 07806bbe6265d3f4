"""What did the renderer print, and where? One entry an exhibit, a heading or a
sentence, in reading order.

Entries name keys, formulas and places; they are claims. The number audit
(`pipeline.inspection.numerals`) works every value out again, and `make explain REF=`
finds a printed number by its place in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.views import ExhibitView, FigureView, TableView

HEADLINE = (  # what the row of key figures is called; it stands without a number on the page
    "Headline"
)


def printed_number(entry: Mapping[str, Any]) -> str:
    """What stands before the title of an exhibit."""
    return "" if entry["kind"] == "headline" else str(entry["exhibit"])


def exhibit_entry(
    number: str, spec: ExhibitSpec, *, view: ExhibitView, state: str
) -> dict[str, Any]:
    """An exhibit with all its texts. `spec` names it in exhibits.yaml, `state` whose
    country page it stands on.
    """
    entry: dict[str, Any] = {
        "exhibit": number,
        "id": view.id,
        "spec": spec.id,
        "kind": spec.kind,
        "title": view.title,
        "state": state,
        "cubes": _cubes(spec),
        "drawn": isinstance(view, FigureView),
    }
    if isinstance(view, TableView):
        entry |= {
            "unit": view.unit,
            "heads": [c.label for c in view.columns],
            "groups": [c.group for c in view.columns],
            "lines": [
                {"label": r.label, "cells": [[c.text, c.key, *c.marks] for c in r.cells]}
                for r in view.rows
            ],
        }
    if isinstance(view, TableView | FigureView):
        entry |= {
            "footnotes": [
                [f.mark, f.text, *([f.bound] if f.bound else [])] for f in view.footnotes
            ],
            "notes": list(view.notes),
            "source": view.source,
        }
    else:
        entry["reason"] = view.reason
    return entry


def reference_of(report: str, number: str) -> str:
    """`thb:T3` for Table 3 of the report: what `make explain REF=` takes."""
    return f"{report}:{number[0]}{number.split()[-1]}"


def entry_keys(entry: Mapping[str, Any], ledger: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of all cells that an exhibit prints, operands of its formulas among
    them.
    """
    references = [c[1] for line in entry.get("lines", ()) for c in line["cells"]]
    for chart in (e for e in ledger if e.get("chart") == entry["id"]):
        references += [p["key"] for s in chart["data"]["series"] for p in s["points"]]
    return [key for r in references for key in keys_of(r) if key]


def keys_of(reference: str) -> list[str]:
    """The cells of a key, or of a formula written `name(key, key + key)`; none of a
    query, which names no cell.
    """
    if reference.startswith("query("):
        return []
    match = re.fullmatch(r"\w+\((.+)\)", reference)
    return re.split(r", | \+ ", match[1]) if match else [reference]


def _cubes(spec: ExhibitSpec) -> list[str]:
    """The cubes that an exhibit prints from, where its definition names them."""
    named = [str(line["key"]).split(":")[0] for line in spec.indicators]
    return list(dict.fromkeys([spec.cube, *named] if spec.cube else named))
