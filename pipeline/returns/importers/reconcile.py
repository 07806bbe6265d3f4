"""Do published parts add up to their published total? Where they do not, the return
says so beside the figure.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import groupby

from pipeline.cells import TOTAL, Key
from pipeline.contracts.model import Contracts, Identity, Table
from pipeline.returns.importers.figures import Figure, Reading, number_of, spot
from pipeline.returns.importers.values import SIGNS, SUPPRESSED

SUPPRESSED_SIGN = SIGNS[SUPPRESSED][0]


def remark_sums(reading: Reading, contracts: Contracts) -> Reading:
    """The reading with a note on each total that its parts contradict. Figures stay as
    published.
    """
    figures = [f for f in reading.figures if f.text]
    remarks: list[Figure] = []
    for name, group in groupby(sorted(figures, key=lambda f: f.key), key=lambda f: f.key.cube):
        table = contracts.table(name)
        values = {f.key: f.text for f in group}
        for identity in table.identities:
            if identity.dimension:
                remarks += _check_identity(table, identity, values=values)
    return replace(reading, figures=reading.figures + tuple(remarks))


def _check_identity(table: Table, identity: Identity, *, values: dict[Key, str]) -> list[Figure]:
    place = table.key_dimensions.index(identity.dimension)
    children = {c.code for c in table.dimension(identity.dimension).children(TOTAL)}
    parts: dict[Key, list[str]] = {}
    for key, text in values.items():
        if key.codes[place] in children:
            parts.setdefault(_with(key, place, code=TOTAL), []).append(text)
    remarks = []
    for key, texts in sorted(parts.items()):
        total = number_of(values.get(key, ""))
        if total is not None and (
            added := _contradiction(total, texts, must_be_equal=identity.parts == "equal")
        ):
            label = table.dimension(identity.dimension).label.lower()
            note = (
                f"{spot(table, key)}: published total {total}, published parts by {label} add up to"
                f" {added}"
            )
            remarks.append(Figure(key, "", note=note))
    return remarks


def _contradiction(total: Decimal, texts: list[str], *, must_be_equal: bool) -> str:
    """What the parts add up to, when no value behind a `<5` makes that the total; empty
    when it can be the total.
    """
    if any(t == SUPPRESSED_SIGN for t in texts):
        must_be_equal = False  # what is not shown may be any number
    numbers = [n for t in texts if (n := number_of(t)) is not None]
    hidden = [int(t[1:]) - 1 for t in texts if t.startswith("<")]
    low = sum(numbers, Decimal(0))
    high = sum(numbers, Decimal(sum(hidden)))
    if low > total or (must_be_equal and high < total):
        return f"{low}" if not hidden else f"{low} to {high}"
    return ""


def _with(key: Key, place: int, *, code: str) -> Key:
    return Key(key.cube, (*key.codes[:place], code, *key.codes[place + 1 :]))
