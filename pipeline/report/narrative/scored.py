"""What may a sentence say of scores of others? Their middle and range over the states,
and how many states were scored higher or lower than in the first edition.

No binding of this page names a state or ranks one.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.cells import Key
from pipeline.errors import UserError
from pipeline.report.narrative.bindings import NothingToShow
from pipeline.report.printing import Printing
from pipeline.report.scores import (
    NOT_SCORED,
    TO,
    Reading,
    editions_of,
    median,
    moved,
    scores_of,
    spread,
)
from pipeline.report.store import Store


def _median(store: Printing, pattern: str) -> str:
    """`5.5`: the score in the middle of those of the member states."""
    return _shown(median(store, _keys(store, pattern)))


def _spread(store: Printing, pattern: str) -> str:
    """`from 3.5 to 8.5`, or `5.0` where all are the same."""
    low, _, high = _shown(spread(store, _keys(store, pattern))).partition(TO)
    return f"from {low} to {high}" if high else low


def _rescored(store: Printing, pattern: str) -> str:
    """`higher in 9 and lower in 1 of 11 states than in 2021`, the first
    edition that scores the item. Nothing where that is the edition itself.
    """
    keys = _keys(store, pattern)
    before = _first(store, keys)
    up, down = moved(store, keys, before=before)
    counts = f"higher in {_shown(up)} and lower in {_shown(down)} of {len(keys)} states"
    return f"{counts} than in {before[0].year}"


def _first(store: Store, keys: list[Key]) -> list[Key]:
    """The scores of the item in the first edition that has any."""
    one = keys[0]
    for edition in editions_of(store, one.cube):
        own = [key.at(year=edition) for key in keys]
        if edition < one.year and any(store.cell(key).has_value for key in own):
            return own
    raise NothingToShow


def _keys(store: Store, pattern: str) -> list[Key]:
    """The cells of a pattern `CUBE:*.EDITION.ITEM`. Raises UserError where it is of no
    scores.
    """
    cube, _, codes = pattern.partition(":")
    place, _, rest = codes.partition(".")
    if place != "*" or not store.contracts.is_scored(cube):
        raise UserError(
            f"'{pattern}' is no pattern of scores",
            allowed="a cube of scores and * for the state: CTX_OC_INDEX:*.2023.ARMS",
        )
    edition, _, item = rest.partition(".")
    keys = scores_of(store, cube, item=item, edition=int(edition) if edition.isdigit() else 0)
    for key in keys:
        store.contracts.check_key(key)
    return keys


def _shown(reading: Reading) -> str:
    if reading.text == NOT_SCORED:
        raise NothingToShow
    return reading.text


def operands(store: Printing, command: str, *, arguments: list[str]) -> list[str]:
    """The formulas behind a binding of this page."""
    keys = _keys(store, arguments[0])
    if command == "median":
        return [median(store, keys).reference]
    if command == "spread":
        return [spread(store, keys).reference]
    return [reading.reference for reading in moved(store, keys, before=_first(store, keys))]


FORMS = dict.fromkeys(("median", "spread", "rescored"), ("PATTERN",))
COMMANDS: dict[tuple[str, str], Callable[..., str]] = {
    ("median", "PATTERN"): _median,
    ("spread", "PATTERN"): _spread,
    ("rescored", "PATTERN"): _rescored,
}
