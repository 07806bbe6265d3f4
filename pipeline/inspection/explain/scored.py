"""How does a reading of scores come about? The scores in their order, and which of them
it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pipeline.inspection.explain.evidence import figure

_NONE = "the edition has no such item"


def score_steps(
    name: str, groups: Sequence[Sequence[Decimal | None]]
) -> tuple[str, Decimal | None]:
    """The steps in words and what comes out, of `midscore`, `spread`, `scored`, `higher` and
    `lower` over the scores of each group of cells.
    """
    given = sorted(score for score in groups[0] if score is not None)
    told = ", ".join(map(figure, given))
    if name == "scored":
        whole = sum(all(s is not None for s in of_state) for of_state in zip(*groups, strict=True))
        return f"{whole} of {len(groups[0])} states have a score of each", Decimal(whole)
    if not given:
        return _NONE, None
    if name == "midscore":
        middle = given[(len(given) - 1) // 2]
        return f"{len(given)} scores, {told}: the middle one is {figure(middle)}", middle
    if name == "spread":
        ends = f"from {figure(given[0])} to {figure(given[-1])}"
        return f"{len(given)} scores, {told}: {ends}", None
    pairs = [
        (now, then)
        for now, then in zip(groups[0], groups[1], strict=True)
        if now is not None and then is not None
    ]
    if not pairs:
        return _NONE, None
    sign = ">" if name == "higher" else "<"
    met = [(n, t) for n, t in pairs if (n > t if name == "higher" else n < t)]
    said = ", ".join(f"{figure(n)} {sign} {figure(t)}" for n, t in met) or "none"
    return f"{len(met)} of {len(pairs)} states: {said}", Decimal(len(met))
