"""Of ten victims, how many are what? Figures that make up one whole, rounded to ten,
over the states that gave every one of them.

A line stands only on figures that the version shows, and never where a part is
withheld: it says less than they do. Where a line cannot be made, those that are named
in its place are tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pipeline.cells import REGION, Key
from pipeline.report.exhibits.layout import ExhibitSpec, LineOfTen, fill
from pipeline.report.formulas import SHARE_FLOOR, Formula, common_states, whole_bars
from pipeline.report.numbers import number_text
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import ChartData, Point, Series

TEN = 10
BASE = "n"
UNIT = "ten a line: parts of n, rounded"
NONE_OF_TEN = "under 1"  # of a part that is there and has no figure of its own
NOTE = "Each line is over the states that gave every part of it."


def tenths(parts: Sequence[Decimal]) -> list[int]:
    """How many of ten each part is: the largest remainders are rounded up, so that the sum
    is ten. Of equal ones the larger part comes first, then the first.
    """
    whole = sum(parts, Decimal(0))
    exact = [part * TEN / whole for part in parts]
    found = [int(share) for share in exact]
    order = sorted(range(len(parts)), key=lambda i: (found[i] - exact[i], -parts[i], i))
    for i in order[: TEN - sum(found)]:
        found[i] += 1
    return found


def tens_of(
    spec: ExhibitSpec, store: Store, *, values: Mapping[str, str]
) -> list[tuple[LineOfTen, list[Key]]]:
    """The lines that can be drawn, each with the keys of its parts."""
    return [
        (line, keys)
        for asked in spec.lines
        for line, keys in _or_instead(asked, store, spec=spec, values=values)
    ]


def build_tens(
    spec: ExhibitSpec, store: Printing, *, title: str, values: Mapping[str, str]
) -> ChartData:
    """What is drawn of an exhibit: one series a line, its parts in tenths and last its base."""
    series = []
    for line, keys in tens_of(spec, store, values=values):
        whole = _key(line.of, spec, values=values) if line.of else None
        series.append(_series(line, store, keys=keys, whole=whole))
    return ChartData("of_ten", tuple(series), UNIT, title)


def _or_instead(
    line: LineOfTen, store: Store, *, spec: ExhibitSpec, values: Mapping[str, str]
) -> list[tuple[LineOfTen, list[Key]]]:
    keys = [_key(key, spec, values=values) for key, _ in line.parts]
    for key in keys:
        store.contracts.check_key(key)
    whole = _key(line.of, spec, values=values) if line.of else None
    if _base_of(store, keys, whole=whole) >= SHARE_FLOOR:
        return [(line, keys)]
    return [
        found
        for other in line.instead
        for found in _or_instead(other, store, spec=spec, values=values)
    ]


def _key(text: str, spec: ExhibitSpec, *, values: Mapping[str, str]) -> Key:
    return Key.parse(fill(text, values, where=spec.place))


def _base_of(store: Store, keys: list[Key], *, whole: Key | None) -> Decimal:
    """The base of a line; zero where it cannot be drawn: without printing anything."""
    cells = [store.cell(key) for key in keys]
    shown = all(c.has_value and c.counts for c in cells)
    if whole is not None:
        # What a state does not list is no missing part: the parts must make up the whole.
        top = store.cell(whole)
        made = shown and top.has_value and top.counts
        known = sum((c.value for c in cells if c.value is not None), Decimal(0))
        return known if made and known == top.value else Decimal(0)
    if len({c.states for c in cells}) == 1 and all(c.has_value for c in cells):
        known = sum((c.value for c in cells if c.value is not None), Decimal(0))
        return known if shown else Decimal(0)
    own = [store.cell(k.at(state=s)) for s in common_states(store, keys) for k in keys]
    return sum((c.value for c in own if c.value is not None), Decimal(0))


def _series(line: LineOfTen, store: Printing, *, keys: list[Key], whole: Key | None) -> Series:
    if whole is None:
        parts = whole_bars(store, keys)
    else:
        cells = [store.print_cell(key) for key in keys]
        parts = [Formula(str(c.key), c.value, c.unit, (c.key,)) for c in cells]
    operands = [f.text.removeprefix("sum(").removesuffix(")") for f in parts]
    amounts = [f.value for f in parts if f.value is not None]
    told = ", ".join(operands)
    coverage = _counted(store, parts[0]) if whole is None else ""
    points = [
        Point(label, float(count), _text(count, amount), f"tenths({own}, {told})", "", coverage)
        for (_, label), own, count, amount in zip(
            line.parts, operands, tenths(amounts), amounts, strict=True
        )
    ]
    total = sum(amounts, Decimal(0))
    if whole is None:
        base = Point(BASE, float(total), number_text(total), f"sum({' + '.join(operands)})")
    else:
        top = store.print_cell(whole)
        many = f"{top.coverage} of {top.of}" if top.coverage != top.of else ""
        base = Point(BASE, float(total), number_text(total), str(whole), "", many)
    return Series(line.label, (*points, base))


def _text(count: int, amount: Decimal) -> str:
    return NONE_OF_TEN if amount and not count else str(count)


def _counted(store: Store, part: Formula) -> str:
    """How many states stand behind a line, where it is not all of them."""
    of = store.cell(part.inputs[0].at(state=REGION)).of or 0
    return f"{len(part.states)} of {of}" if len(part.states) < of else ""
