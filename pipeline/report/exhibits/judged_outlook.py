"""Which crime areas will grow, in the judgement of experts? How many states chose each
word of the outlook, and the word in the middle.

How states spread is a chart of the versions that know it. The word in the middle is a
table of every version: crime areas by word, from the surest growth to the least.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.cells import Cell
from pipeline.contracts.scales import Scale
from pipeline.report.exhibits.judged_cells import (
    HIGHER_WORD,
    NOTHING,
    SCORES,
    Question,
    judged_areas,
    judged_table,
    key_of,
    place_of,
    session_of,
    settings_of,
)
from pipeline.report.exhibits.layout import ExhibitSpec
from pipeline.report.numbers import cell_text
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.report.views import (
    CellView,
    ChartData,
    Column,
    EmptyView,
    Point,
    Row,
    Series,
    TableView,
)

OUTLOOK = "OUTLOOK"  # the question
HEAD = "Crime area"
UNIT = "states"


def spread_areas(store: Store) -> list[str]:
    """The crime areas of which the version knows how many states chose each word."""
    areas = judged_areas(store)
    return [area for area in areas if all(c.has_value for c in _spread(store, area).values())]


def spread_of_outlook(store: Printing, *, title: str) -> ChartData:
    """A bar a crime area, as long as states judged, cut into the words that they chose,
    from the surest growth to the least.
    """
    areas = spread_areas(store)
    words = scale_of(store).words
    series = []
    for place in range(len(words), 0, -1):
        points = []
        for area in areas:
            cell = store.print_cell(_spread(store, area)[place].key)
            value = None if cell.value is None else float(cell.value)
            points.append(Point(area, value, cell_text(cell), str(cell.key)))
        series.append(Series(words[place - 1], tuple(points)))
    labels = {area: store.label(SCORES, "area", code=area) for area in areas}
    return ChartData("stacked_bar", tuple(series) if areas else (), UNIT, title, "", labels)


def build_outlook_words(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """Each crime area beside the word in the middle of the answers; of two, the higher."""
    words = scale_of(store).words
    placed: dict[int, list[str]] = {}
    areas = judged_areas(store)
    for area in areas:
        place = place_of(store, area, OUTLOOK, session=session_of(store, area))
        placed.setdefault(place, []).append(store.label(SCORES, "area", code=area))
    if not any(placed):
        return EmptyView(NOTHING)
    rows = []
    for place in range(len(words), 0, -1):
        own = placed.get(place)
        view = CellView("; ".join(own)) if own else CellView("none")
        rows.append(Row(words[place - 1], (view,)))
    columns = [Column("Growth is", "label", weight=24), Column("Crime areas", "text", weight=76)]
    return judged_table(
        spec,
        store,
        number=number,
        columns=columns,
        rows=tuple(rows),
        values=values,
        areas=areas,
        says=HIGHER_WORD,
    )


def scale_of(store: Store) -> Scale:
    """The words of the outlook."""
    return settings_of(store).tables[SCORES].scale(OUTLOOK)


def _spread(store: Store, area: str) -> dict[int, Cell]:
    asked = Question(SCORES, area, session_of(store, area), OUTLOOK)
    return {
        place: store.cell(key_of(store, asked, statistic=f"AT_{place}"))
        for place in range(1, len(scale_of(store).words) + 1)
    }
