"""What is said of a figure in question? A mark, and a footnote that names the whole and
the part which exceeds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.cells import TOTAL, Cell, Key
from pipeline.report.printing import Printing
from pipeline.report.store import Store

QUESTION_MARK = "i"
IN_QUESTION = "In question: a part is larger than its whole"
LISTED = "they are listed in the annex on figures under question"
MOST_TOLD = 4  # wholes in question that a footnote tells one by one
_ENDS = {
    "": "Until the state has answered, the whole counts in regional figures and its parts do not.",
    "whole": "The state said that the whole counts.",
    "parts": "The state said that the parts count.",
    "neither": "The state said that neither counts.",
}


def named(store: Store, key: Key) -> str:
    """`Registered victims: Female, Adults (18 and over)`: the measure of a cell with
    the codes that are no totals.
    """
    table = store.table(key.cube)
    labels = [
        d.codelist.label(c)
        for d, c in zip(table.dimensions, key.codes[2:], strict=True)
        if c != TOTAL
    ]
    return f"{table.measure}: {', '.join(labels)}" if labels else f"{table.measure}, total"


def footnote(store: Printing, keys: Iterable[Key]) -> str:
    """The footnote on marked cells: of a state's own, the whole and the part above it,
    or where there are many that the annex lists them; of a regional one, whose wholes it
    counts. Figures stand as bindings.
    """
    cells = [store.cell(k) for k in keys]
    own = {w for c in cells if c.coverage is None for w in c.wholes}
    counted = {Key.parse(w).state for c in cells if c.coverage is not None for w in c.wholes}
    # by state and year, which are named once
    told: dict[tuple[str, int], list[tuple[str, str]]] = {}
    ends = []
    said = [IN_QUESTION]
    if len(own) > MOST_TOLD and _all_listed(store, own):
        said.append(f"The figures that are marked {LISTED.removeprefix('they ')}")
        ends.append(_ENDS[""])
        own = set()
    for whole in sorted(own, key=lambda w: _order(store, w)):
        conflict = store.conflict(whole)
        if conflict is not None:
            key = Key.parse(whole)
            told.setdefault((key.state, key.year), []).append(
                _both(store, key, part=Key.parse(conflict.part))
            )
            ends.append(_ENDS[conflict.resolution])
    for (state, year), both in told.items():
        said.append(
            f"{store.label('', 'state', code=state)} {year}: {'; '.join(_named_once(both))}"
        )
    if counted:
        states = [m.label for m in store.contracts.codelist("states") if m.code in counted]
        said.append(
            f"Regional figures that are marked count such wholes of {', '.join(states)}; {LISTED}"
        )
        ends.append(_ENDS[""])
    return f"{'. '.join(said)}. {' '.join(dict.fromkeys(ends))}"


def _all_listed(store: Store, wholes: Iterable[str]) -> bool:
    """Whether the annex on figures under question has all of these wholes: they are of
    the report's own tables, and no state has answered.
    """
    tables = {t.name for t in store.own_tables()}
    found = [(Key.parse(w).cube, store.conflict(w)) for w in wholes]
    return all(cube in tables and c is not None and not c.resolution for cube, c in found)


def _both(store: Printing, whole: Key, *, part: Key) -> tuple[str, str]:
    """`registered victims` and `total [[...]], but adults (18 and over) [[...]]`: the
    measure, and what is said of it.

    A part of a table that this report does not print has no figure here.
    """
    store.print_cell(whole)
    one = named(store, whole)
    other = named(store, part)
    measure = store.table(whole.cube).measure
    same = store.table(part.cube).measure == measure
    short = (other.partition(": ")[2] if same else "") or other
    if store.cell(part).has_value:
        store.print_cell(part)
        told = f"{_lower(short)} [[{part}]]"
    else:
        told = f"{_lower(short)}, which stands in another report, is larger"
    return _lower(measure), f"{one[len(measure) :]} [[{whole}]], but {told}"


def _named_once(both: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What is said of several wholes, with the name of their measure where it changes
    only.
    """
    before = ""
    for measure, said in both:
        yield f"{measure}{said}" if measure != before else _lower(said.lstrip(":, "))
        before = measure


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _order(store: Store, whole: str) -> tuple[int, tuple[str, ...], str]:
    key = Key.parse(whole)
    return store.contracts.codelist("states")[key.state].sort, key.codes[1:], whole


def is_marked(cell: Cell) -> bool:
    """Whether the mark stands beside a figure: there is a figure, and a conflict that
    this version may tell.
    """
    return cell.has_value and bool(cell.wholes)
