"""Which states may a text name for a change on paper? Those that began or ceased to
report, counted otherwise, were corrected, or moved alone: from the released cells.

The renderer has its own code for the same bindings.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pipeline.contracts.codelists import in_running_text
from pipeline.contracts.model import Contracts
from pipeline.inspection.readback.values import (
    Register,
    Released,
    Texts,
    number,
    of_state,
    percent_places,
    places_of,
)
from pipeline.inspection.readback.who import listed

PAPER = ("began", "ceased", "broken", "redefined", "revised", "alone")
_FLOOR, _STEADY = 20, 5  # a base of a change; per cent that are no movement


class Paper:
    """The bindings of one version on changes that are none of what is counted."""

    def __init__(self, register: Register, contracts: Contracts, *, round_: int) -> None:
        self.register, self.contracts = register, contracts
        self.labels = {m.code: m.label for m in contracts.members(round_)}

    def texts(self, words: list[str], *, pair: tuple[str, str] | None = None) -> Texts:
        """What a binding may have become; nothing where it had nothing to show. `pair`
        are the two cells that a change goes by.
        """
        command, what, _, since = words
        if command == "alone":
            return self._alone(*pair) if pair else ()
        cube, _, codes = what.partition(":")
        _, year, *others = codes.split(".")
        span = (
            [since, year]
            if command in ("began", "ceased")
            else [str(y) for y in range(int(since), int(year) + 1)]
        )
        rows = {
            state: [(y, self._cell(cube, [state, y, *others])) for y in span]
            for state in self.labels
        }
        if any(c is not None and c.withheld for row in rows.values() for _, c in row):
            return ()
        if command in ("began", "ceased"):
            sums = [self._cell(cube, ["SELEC", y, *others]) for y in span]
            if any(c is None or c.value is None for c in sums):
                return ()
            return self._stepped(cube, others, rows=rows, sums=sums, into=command == "began")
        found = []
        for state, row in rows.items():
            found += [
                (state, said) for said in self._said(command, cube, [state, *others], row=row)
            ]
        return self._told(found)

    def _cell(self, cube: str, codes: list[str]) -> Released | None:
        return self.register.cells.get(f"{cube}:{'.'.join(codes)}")

    def _told(self, found: list[tuple[str, str]]) -> Texts:
        names = [f"{in_running_text(self.labels[state])} ({said})" for state, said in found]
        return (listed(names),) if names else ()

    def _stepped(
        self,
        cube: str,
        others: list[str],
        *,
        rows: dict[str, list[tuple[str, Released | None]]],
        sums: list[Released | None],
        into: bool,
    ) -> Texts:
        """States in one of two sums that gave nothing for the other."""
        found = []
        for state, row in rows.items():
            (year, cell), (_, beside) = (row[1], row[0]) if into else (row[0], row[1])
            own = sums[1 if into else 0]
            silent = beside is None or (
                beside.value is None and beside.obs_status not in ("Q", "N")
            )
            given = cell is not None and cell.value is not None
            if own is not None and state in own.states and given and silent:
                key = f"{cube}:{'.'.join([state, year, *others])}"
                found.append((state, self.register.text(key)))
        return self._told(found)

    def _said(
        self, command: str, cube: str, codes: list[str], *, row: list[tuple[str, Released | None]]
    ) -> list[str]:
        """What stands behind the name of one state, or nothing."""
        state, *others = codes
        given = [(y, c) for y, c in row if c is not None and c.value is not None]
        if command == "revised":
            keys = [(y, f"{cube}:{'.'.join([state, y, *others])}") for y, _ in given]
            return [
                f"{self.register.text(k)} for {y}" for y, k in keys if k in self.register.revised
            ]
        flagged = [y for y, c in given if c.obs_status == ("B" if command == "broken" else "D")]
        if command == "broken":
            flagged = [y for y in flagged if y != row[0][0]]
        elif len(flagged) == len(given):
            flagged = []
        return [_spans(flagged)] if flagged else []

    def _alone(self, now: str, then: str) -> Texts:
        """What the others did where one state moved the region."""
        one, other = self.register.cells.get(now), self.register.cells.get(then)
        if one is None or other is None or one.value is None or other.value is None:
            return ()
        few = any(len(c.states) * 5 < c.members * 2 for c in (one, other))
        if one.states != other.states or len(one.states) < 3 or few:
            return ()
        whole = one.value - other.value
        moved: list[tuple[Decimal, str, Decimal, Decimal]] = []
        for state in one.states:
            a, b = (self.register.value(of_state(k, state)) for k in (now, then))
            if a is None or b is None:
                return ()
            if (a - b) * whole > 0 and abs(a - b) * 2 > abs(whole):
                moved.append((-abs(a - b), state, one.value - a, other.value - b))
        if not moved:
            return ()
        _, state, rest, before = min(moved)
        if min(rest, before) < _FLOOR:
            return ()
        size = (rest - before) * 100 / before
        if (rest - before) * whole > 0 and abs(size) >= _STEADY:
            return ()
        texts = [number(v, places_of(v, one.unit)) for v in (before, rest)]
        verb = "rose" if rest > before else "fell"
        by = number(abs(size), percent_places(size))
        said = (
            f"{verb} by {by} per cent, from {texts[0]} to {texts[1]}"
            if size
            else f"stayed at {texts[1]}"
        )
        name = in_running_text(self.labels[state])
        return (f"without {name} the figure {said} ({len(one.states) - 1} other states)",)


def _spans(years: Iterable[str]) -> str:
    """Years that follow each other as one span."""
    known = sorted(map(int, years))
    starts = [y for y in known if y - 1 not in known]
    ends = [y for y in known if y + 1 not in known]
    return listed([str(a) if a == b else f"{a} to {b}" for a, b in zip(starts, ends, strict=True)])
