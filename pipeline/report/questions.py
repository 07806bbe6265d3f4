"""What is said of a figure in question? A mark, and a footnote that names the whole and the part which exceeds it."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.cells import TOTAL, Cell, Key
from pipeline.report.store import Store

QUESTION_MARK = "i"
IN_QUESTION = "In question: a part is larger than its whole"
_ENDS = {
    "": "Until the state has answered, the whole counts in regional figures and its parts do not.",
    "whole": "The state said that the whole counts.", "parts": "The state said that the parts count.",
    "neither": "The state said that neither counts.",
}  # fmt: skip


def named(store: Store, key: Key) -> str:
    """`Registered victims: Female, Adults (18 and over)`: the measure of a cell with the codes that are no totals."""
    table = store.table(key.cube)
    labels = [d.codelist.label(c) for d, c in zip(table.dimensions, key.codes[2:], strict=True) if c != TOTAL]
    return f"{table.measure}: {', '.join(labels)}" if labels else f"{table.measure}, total"


def footnote(store: Store, wholes: Iterable[str]) -> str:
    """The footnote on the wholes of figures in question, each with the part above it. Figures stand as bindings."""
    said, ends = [], []
    for whole in sorted(set(wholes), key=lambda w: _order(store, w)):
        conflict = store.conflict(whole)
        if conflict is None:
            continue
        key, part = Key.parse(whole), Key.parse(conflict["part"])
        said.append(
            f"{store.label('', 'state', key.state)} {key.year}, {named(store, key)} [[{whole}]], but "
            f"{named(store, part)} [[{conflict['part']}]]"
        )
        for k in (key, part):
            store.print_cell(k)
        ends.append(_ENDS[conflict["resolution"]])
    return f"{IN_QUESTION}. {'; '.join(said)}. {' '.join(dict.fromkeys(ends))}"


def _order(store: Store, whole: str) -> tuple[int, tuple[str, ...], str]:
    key = Key.parse(whole)
    return store.contracts.codelist("states")[key.state].sort, key.codes[1:], whole


def is_marked(cell: Cell) -> bool:
    """Whether the mark stands beside a figure: there is a figure, and a conflict that this version may tell."""
    return cell.has_value and bool(cell.wholes)
