"""What did the renderer print, and where? One entry an exhibit, a heading or a sentence, in reading order.

Entries name keys, formulas and places; they are claims. The number audit (`pipeline.numerals`) works every value out
again, and `make explain REF=` finds a printed number by its place in them.
"""

from __future__ import annotations

from typing import Any

from pipeline.report.exhibits import ExhibitSpec
from pipeline.report.views import ExhibitView, FigureView, TableView


def exhibit_entry(number: str, spec: ExhibitSpec, view: ExhibitView, state: str) -> dict[str, Any]:
    """An exhibit with all its texts. `spec` names it in exhibits.yaml, `state` whose country page it stands on."""
    entry: dict[str, Any] = {
        "exhibit": number, "id": view.id, "spec": spec.id, "kind": spec.kind, "title": view.title, "state": state,
        "cubes": _cubes(spec), "drawn": isinstance(view, FigureView),
    }  # fmt: skip
    if isinstance(view, TableView):
        entry |= {
            "unit": view.unit, "heads": [c.label for c in view.columns], "groups": [c.group for c in view.columns],
            "lines": [
                {"label": r.label, "cells": [[c.text, c.key, *c.marks] for c in r.cells]} for r in view.rows
            ],
        }  # fmt: skip
    if isinstance(view, TableView | FigureView):
        entry |= {
            "footnotes": [[f.mark, f.text] for f in view.footnotes], "notes": list(view.notes), "source": view.source,
        }  # fmt: skip
    else:
        entry["reason"] = view.reason
    return entry


def _cubes(spec: ExhibitSpec) -> list[str]:
    """The cubes that an exhibit prints from, where its definition names them."""
    named = [str(line["key"]).split(":")[0] for line in spec.indicators]
    return list(dict.fromkeys([spec.cube, *named] if spec.cube else named))
