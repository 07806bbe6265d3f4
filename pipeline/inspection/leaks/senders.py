"""Is a text of a sender in a version's store? Each column is judged by what it may
hold, and a new one until it is.

The renderer can print whatever stands in its store. Figures, codes and labels come from
contracts and code lists; notes, findings, answers on covers come from people who fill
in returns, and any of them may say a figure in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

from pipeline.cells import CONF_LABEL, OBS_LABEL, POPULATION_CUBE
from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import Sources
from pipeline.inspection.readback.report import ScanReport

_KEY = re.compile(r"[A-Z][A-Z0-9_]*:[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
_CODE = re.compile(r"[A-Za-z0-9_]+")
_QUESTIONS = ("", "whole", "part")
_RESOLUTIONS = ("", "whole", "parts", "neither")
_ANSWERS = ("reported", "question", "suppressed", "earlier", "refused", "none")
_NUMBERS = ("round", "sent_suppressed", "withheld_suppressed")
WHY = (
    "a text of a sender is printed for others when it is on the Center's list or was cleared, and"
    " not before"
)
Allowed = Callable[[str], bool]


def check_store(
    store: Path, contracts: Contracts, *, sources: Sources, report: ScanReport
) -> tuple[str, ...]:
    """Judge every text of a store. Returns the sources that the version may name, as
    they stand there.
    """
    import duckdb

    # the folder of a store is its version
    allowed = _allowed(contracts, sources, clearances=("public", store.parent.name))
    with duckdb.connect(str(store), read_only=True) as connection:
        columns = connection.execute(
            """select table_name, column_name, data_type from information_schema.columns
            where contains(data_type, 'VARCHAR') order by all"""
        ).fetchall()
        for table, column, kind in columns:
            said = f'unnest("{column}")' if kind.endswith("[]") else f'"{column}"'
            found = connection.execute(
                f'select distinct {said} as said from "{table}" order by 1'
            ).fetchall()
            may_stand = allowed.get(f"{table}.{column}")
            for (text,) in found:
                if text is not None and not (may_stand and may_stand(text)):
                    why = WHY if may_stand else "nobody has said what this column may hold"
                    report.add(f"store, {table}.{column}", f"'{text}'", why)
        for name, value in connection.execute("select name, value from meta").fetchall():
            if not _is_fact(name, value):
                report.add(
                    f"store, meta.{name}", f"'{value}'", "the facts of a round are days and numbers"
                )
        named = connection.execute("select distinct source from sources order by source").fetchall()
    may_be_named = allowed["sources.source"]
    return tuple(text for (text,) in named if text and may_be_named(text))


def _allowed(
    contracts: Contracts, sources: Sources, *, clearances: Collection[str]
) -> dict[str, Allowed]:
    """What may stand in each column of the tables of a store."""
    cubes = {t.name for t in contracts.every_table} | {POPULATION_CUBE}
    cubes |= {c.name for c in contracts.outside}
    titles = {t.title for t in contracts.tables}
    states = {c.code for c in contracts.codelist("states")} | {"SELEC"}
    states |= {c.area for c in contracts.outside if c.area}
    members = {c.label for c in contracts.codelist("states") if c.parent}
    units = {c.code for c in contracts.codelist("unit")}
    areas = {c.code for c in contracts.codelist("crime_area")}
    dimensions = {d for t in contracts.tables for d in t.key_dimensions}
    words = {""}
    if judged := contracts.assessment:
        scales = [s for table in judged.tables.values() for _, s in table.scales]
        words |= {word for scale in (*scales, judged.levels) for word in scale.words}
    key = _matches(_KEY)
    code = _matches(_CODE)
    nothing = _one_of([""])

    def anything(text: str) -> bool:
        return True

    return {
        **dict.fromkeys(
            ("cells.key", "cells.wholes", "conflicts.whole", "conflicts.part", "conflicts.parts"),
            key,
        ),
        "cells.codes": code,
        **dict.fromkeys(
            (
                "cells.cube",
                "conflicts.whole_cube",
                "conflicts.part_cube",
                "coverage.cube",
                "areas.cube",
                "sources.cube",
            ),
            _one_of(cubes),
        ),
        **dict.fromkeys(
            ("cells.state", "cells.states", "conflicts.state", "coverage.state", "sources.state"),
            _one_of(states),
        ),
        "cells.unit": _one_of(units),
        "cells.obs_status": _one_of(["", *OBS_LABEL]),
        "cells.conf_status": _one_of(["", *CONF_LABEL]),
        "cells.question": _one_of(_QUESTIONS),
        "conflicts.dimensions": _one_of(dimensions),
        "conflicts.resolution": _one_of(_RESOLUTIONS),
        "coverage.report": _one_of(contracts.by_report),
        "coverage.title": _one_of(titles),
        "coverage.answer": _one_of(_ANSWERS),
        "areas.crime_area": _one_of(areas),
        "meta.name": code,
        "meta.value": anything,
        "sources.report": _one_of(contracts.by_report),
        "sources.source": sources.is_for_others,
        "sources.definition": lambda text: sources.definition_for_others(text) == text,
        **dict.fromkeys(("cells.note", "conflicts.reason"), nothing),
        "cases.crime_area": _one_of(areas),
        "cases.clearance": _one_of(clearances),
        # what a case says is cleared as a whole; of those that are not, the scan looks for
        # every text
        **dict.fromkeys(
            (f"cases.{name}" for name in ("case_id", "file", "title", "head", "cited")), anything
        ),
        **dict.fromkeys(
            (f"case_facts.{name}" for name in ("case_id", "name", "what", "unit", "day", "said")),
            anything,
        ),
        "cases.paragraphs": anything,
        "cells.word": _one_of(words),
        "contributions.area": code,
        "contributions.topic": code,
        "contributions.text": sources.is_cleared,
        **dict.fromkeys(("contributions.state", "contributions.head"), nothing),
        **dict.fromkeys((f"decisions.{name}" for name in ("kind", "area", "paper")), code),
        # a reason is cleared in its paper; of those that are not, the scan looks for every text
        "decisions.reason": anything,
        "decisions.head": lambda text: not any(name in text for name in members),
    }


def _one_of(texts: Collection[str]) -> Allowed:
    known = frozenset(texts)
    return lambda text: text in known


def _matches(pattern: re.Pattern[str]) -> Allowed:
    return lambda text: pattern.fullmatch(text) is not None


def _is_fact(name: str, value: str) -> bool:
    if name in _NUMBERS:
        return re.fullmatch("[0-9]{1,6}", value) is not None
    try:
        return name == "cutoff" and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
