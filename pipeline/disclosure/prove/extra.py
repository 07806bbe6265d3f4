"""What do others give away? Figures published elsewhere, laid beside ours: what they
state and what then follows.

A file of extra knowledge is a CSV with the columns key and value; `<5` is a count from
1 to 4. The proof of a release says nothing about what others publish: this shows it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.disclosure.prove.audit import audit
from pipeline.disclosure.prove.facts import LESS, Knowledge, join_shown, read_number
from pipeline.errors import UserError

COLUMNS = ("key", "value")


@dataclass(frozen=True)
class GivenAway:
    """Hidden cells that others' figures tell: `direct` states the number, `together`
    follows only beside ours.
    """

    direct: list[tuple[str, str]]
    together: list[tuple[str, str]]
    contradicted: list[str]  # the file says what is not so in our returns: nothing follows from it
    unknown: list[str]  # keys for which we hold no number


def read_extra(path: Path, contracts: Contracts) -> dict[str, Decimal | None]:
    """Read a file of extra knowledge. Raises UserError with file and line."""
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(
            f"the file of extra knowledge cannot be read: {problem}", where=str(path)
        ) from problem
    if not rows or tuple(c.strip() for c in rows[0]) != COLUMNS:
        raise UserError(
            "the first line does not name the columns", where=f"{path} line 1", allowed="key,value"
        )
    found: dict[str, Decimal | None] = {}
    for line, row in enumerate(rows[1:], 2):
        if not any(c.strip() for c in row):
            continue
        key, value = _read_row(row, f"{path} line {line}", contracts=contracts)
        if key in found:
            raise UserError(
                f"{key} stands twice", where=f"{path} line {line}", do="keep one line for each cell"
            )
        found[key] = value
    if not found:
        raise UserError(
            "there is no figure in it, so nothing was looked at",
            where=str(path),
            do="write a line for each figure that others published",
        )
    return found


def _read_row(row: list[str], where: str, *, contracts: Contracts) -> tuple[str, Decimal | None]:
    if len(row) != len(COLUMNS):
        raise UserError(f"there are {len(row)} columns", where=where, allowed="key,value")
    key = row[0].strip()
    text = row[1].strip()
    try:
        contracts.check_key(Key.parse(key))
    except UserError as problem:
        raise UserError(
            problem.what, where=where, allowed=problem.allowed, do=problem.do
        ) from problem
    return key, None if text == LESS else read_number(text, where)


def given_away(knowledge: Knowledge, extra: dict[str, Decimal | None]) -> GivenAway:
    """Which hidden sensitive cells the extra figures tell, by themselves or together
    with what we publish.
    """
    alone = audit(replace(knowledge, extra={}, holders=()))
    both = audit(replace(knowledge, extra=extra, holders=()))
    truth = {c.key: c for c in knowledge.truth if c.counts}
    shown = join_shown(knowledge.released)
    said_wrongly = set(both.contradicted)
    direct = [
        (key, f"the file says {value}")
        for key, value in sorted(extra.items())
        if value is not None and key in alone.demands and key not in said_wrongly
    ]
    before = {key for key, _ in alone.failures}
    together = [f for f in both.failures if f[0] not in before and f[0] not in shown]
    return GivenAway(direct, together, sorted(said_wrongly), sorted(extra.keys() - truth.keys()))
