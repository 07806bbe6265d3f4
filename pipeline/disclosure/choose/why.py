"""Why is a cell withheld, and what is left of each table? Two tables for the analyst,
in the restricted tree only.
"""

from __future__ import annotations

from pipeline.disclosure.choose.decide import Decision
from pipeline.system.files import csv_bytes


def withheld_csv(decision: Decision) -> bytes:
    """One line a withheld cell: its reason, for an added one the sensitive cells it
    protects, and whether earlier editions left less of it open than the policy demands.
    """
    away = set(decision.given_away)
    rows = (
        (key, why.reason, " ".join(why.protects), "yes" if key in away else "")
        for key, why in sorted(decision.withheld.items())
    )
    return csv_bytes(("key", "reason", "protects", "given_away_before"), rows)


def tables_csv(decision: Decision) -> bytes:
    """One line a table: cells, withheld by their own nature and added to protect them,
    given up, what can be seen.
    """
    heads = (
        "table",
        "cells",
        "primary",
        "secondary",
        "given_up",
        "visible_percent",
        "not_broken_down_by",
    )
    rows = (
        (
            cube,
            count.cells,
            count.primary,
            count.secondary,
            count.given_up,
            "" if count.visible_percent is None else count.visible_percent,
            " ".join(decision.coarsened.get(cube, ())),
        )
        for cube, count in decision.tables.items()
    )
    return csv_bytes(heads, rows)
