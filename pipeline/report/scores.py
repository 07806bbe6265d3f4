"""What do scores of others say of the region? The middle one, the lowest and the
highest, how many states have one, and how many are scored higher or lower than before.

Scores are an order, not amounts: no mean and no sum is made of them, and no state is
ranked by them. Each reading names the cells that it stands on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.cells import SCORE, Key, printed_decimals
from pipeline.report.numbers import number_text
from pipeline.report.printing import Printing
from pipeline.report.store import Store

NOT_SCORED = "\N{EN DASH}"  # the edition has no such item
TO = "\N{EN DASH}"  # between the lowest and the highest
MIDSCORE, SPREAD, SCORED, HIGHER, LOWER = "midscore", "spread", "scored", "higher", "lower"


@dataclass(frozen=True)
class Reading:
    """What is printed of scores, and the formula behind it with its cells."""

    text: str
    reference: str


def editions_of(store: Store, cube: str) -> list[int]:
    """The editions that the store has scores of, in their order."""
    return sorted({cell.key.year for cell in store.every_cell() if cell.key.cube == cube})


def scores_of(store: Store, cube: str, *, item: str, edition: int) -> list[Key]:
    """The keys of an item in an edition, one a member state, in the Center's order."""
    members = store.contracts.members(store.round)
    return [Key(cube, (m.code, str(edition), item)) for m in members]


def median(store: Printing, keys: Sequence[Key]) -> Reading:
    """The score in the middle; of an even number the lower of the two, so that it is one
    that was given.
    """
    found = sorted(_values(store, keys))
    text = _text(found[(len(found) - 1) // 2]) if found else NOT_SCORED
    return Reading(text, f"{MIDSCORE}({_joined(keys)})")


def spread(store: Printing, keys: Sequence[Key]) -> Reading:
    """The lowest and the highest score; one number where all are the same."""
    found = sorted(_values(store, keys))
    text = NOT_SCORED
    if found:
        low, high = _text(found[0]), _text(found[-1])
        text = low if low == high else f"{low}{TO}{high}"
    return Reading(text, f"{SPREAD}({_joined(keys)})")


def scored(store: Printing, items: Sequence[Sequence[Key]]) -> Reading:
    """How many states have a score of each of these items: `11 of 11`."""
    counts = [[store.print_cell(k).has_value for k in keys] for keys in items]
    whole = sum(all(of_state) for of_state in zip(*counts, strict=True))
    reference = f"{SCORED}({', '.join(map(_joined, items))})"
    return Reading(f"{whole} of {len(items[0])}", reference)


def moved(
    store: Printing, keys: Sequence[Key], *, before: Sequence[Key]
) -> tuple[Reading, Reading]:
    """How many states are scored higher than in an earlier edition, and how many lower."""
    now, then = _values_by_place(store, keys), _values_by_place(store, before)
    pairs = [(n, t) for n, t in zip(now, then, strict=True) if n is not None and t is not None]
    both = f"({_joined(keys)}, {_joined(before)})"
    up, down = sum(n > t for n, t in pairs), sum(n < t for n, t in pairs)
    return (
        Reading(str(up) if pairs else NOT_SCORED, f"{HIGHER}{both}"),
        Reading(str(down) if pairs else NOT_SCORED, f"{LOWER}{both}"),
    )


def _values_by_place(store: Printing, keys: Iterable[Key]) -> list[Decimal | None]:
    cells = [store.print_cell(key) for key in keys]
    return [cell.value if cell.has_value else None for cell in cells]


def _values(store: Printing, keys: Iterable[Key]) -> list[Decimal]:
    return [value for value in _values_by_place(store, keys) if value is not None]


def _text(score: Decimal) -> str:
    return number_text(score, printed_decimals(score, SCORE))


def _joined(keys: Iterable[Key]) -> str:
    return " + ".join(map(str, keys))
