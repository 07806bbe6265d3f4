"""What may be printed of scores of others? Middle, range, counts of states: worked out
once more from the released cells.

The renderer has its own code for the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from pipeline.contracts.model import Contracts

Texts = tuple[str, ...]  # any of these may stand in one place
ValueOf = Callable[[str], Decimal | None]
READINGS = ("midscore", "spread", "scored", "higher", "lower")
SCORED = ("median", "spread", "rescored")  # bindings of the narrative
_DASH = "\N{EN DASH}"


def reading(name: str, groups: Sequence[str], *, value_of: ValueOf) -> Texts:
    """The text of `midscore(a + b)`, `spread(a + b)`, `scored(a + b, c + d)` and
    `higher(now + now, then + then)`.
    """
    scores = [[value_of(key) for key in group.split(" + ")] for group in groups]
    given = [score for score in scores[0] if score is not None]
    if name == "midscore":
        # as many scores lie below it as above, or one more above
        at = next((s for s in sorted(given) if 2 * sum(g <= s for g in given) >= len(given)), None)
        return (_DASH if at is None else f"{at:.1f}",)
    if name == "spread":
        ends = [f"{end:.1f}" for end in (min(given), max(given))] if given else [_DASH]
        return (_DASH.join(dict.fromkeys(ends)),)
    if name == "scored":
        places = range(len(scores[0]))
        whole = [p for p in places if not any(group[p] is None for group in scores)]
        return (f"{len(whole)} of {len(places)}",)
    pairs = zip(*scores, strict=True)
    steps = [now - then for now, then in pairs if now is not None and then is not None]
    counted = [step for step in steps if (step > 0 if name == "higher" else step < 0)]
    return (str(len(counted)) if steps else _DASH,)


class Scores:
    """The bindings of scores of one version: `editions` are the years of its cells."""

    def __init__(self, contracts: Contracts, *, round_: int, value_of: ValueOf) -> None:
        self._states = [m.code for m in contracts.members(round_)]
        self._value_of = value_of

    def texts(self, words: list[str], *, editions: Sequence[str]) -> Texts:
        """What a binding may have become; nothing where it had nothing to show."""
        name, pattern = words
        cube, _, codes = pattern.partition(":")
        _, edition, item = codes.split(".")
        own = self._group(cube, edition, item=item)
        if name == "median":
            return self._told("midscore", own)
        if name == "spread":
            return tuple(
                f"from {' to '.join(text.split(_DASH))}" if _DASH in text else text
                for text in self._told("spread", own)
            )
        for before in sorted(e for e in editions if e < edition):
            then = self._group(cube, before, item=item)
            if any(self._value_of(key) is not None for key in then.split(" + ")):
                up, down = (self._told(which, own, then) for which in ("higher", "lower"))
                return tuple(
                    f"higher in {u} and lower in {d} of {len(self._states)} states than in {before}"
                    for u, d in zip(up, down, strict=True)
                )
        return ()

    def _group(self, cube: str, edition: str, *, item: str) -> str:
        return " + ".join(f"{cube}:{state}.{edition}.{item}" for state in self._states)

    def _told(self, name: str, *groups: str) -> Texts:
        found = reading(name, groups, value_of=self._value_of)
        return () if found == (_DASH,) else found
