"""What does a template receive? View models: finished texts with the keys behind them,
no arithmetic left to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

_LONG = 8  # characters of a figure

Kind = Literal[
    "line",
    "bar",
    "stacked_bar",
    "grouped_bar",
    "small_multiples",
    "heat",
    "map",
    "dumbbell",
    "share_bar",
    "pyramid",
    "flow",
    "sparkline",
    "of_ten",
    "state_lines",
]


@dataclass(frozen=True)
class CellView:
    """One printed cell: its text (`1,856`, `c`, `:`, `<5`), the key or formula behind
    it, its footnote marks.
    """

    text: str
    key: str = ""
    marks: tuple[str, ...] = ()
    status: str = ""  # "", "missing", "withheld", "suppressed", "break", "partial", "total"


@dataclass(frozen=True)
class Column:
    label: str
    kind: Literal["label", "number", "text"] = "number"
    group: str = ""  # columns with the same group share a head above them
    weight: int = 0  # share of the table's width; 0 leaves all widths to the style sheet


@dataclass(frozen=True)
class Row:
    label: str
    cells: tuple[CellView, ...]
    level: int = 0  # indentation of a part under its total
    kind: Literal["body", "total", "group"] = "body"


@dataclass(frozen=True)
class Footnote:
    mark: str
    text: str
    bound: str = (
        ""  # the text with the keys of its figures in double square brackets, where it has any
    )


@dataclass(frozen=True)
class TableView:
    id: str  # anchor, for example thb-t2
    number: str  # "Table 2"
    title: str
    unit: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    source: str
    footnotes: tuple[Footnote, ...] = ()
    notes: tuple[str, ...] = ()
    wide: bool = False  # needs a landscape page
    may_split: bool = False  # rows are tall, so even a table of few rows may go on over a page
    source_code: str = ""  # the source in short, behind the title; without one it stands below
    headline: bool = False  # a row of large figures, without a number of its own
    course: FigureView | None = None  # the years of a row of large figures, or of strips of states
    message: str = ""  # what it shows, in one line above its title
    strips: bool = False  # one line a state: the years of each are drawn beside its row

    @property
    def has_long_numbers(self) -> bool:
        """Whether a figure has more than eight characters: five columns of them need
        smaller type in half of a page.
        """
        pairs = (
            (c, cell)
            for row in self.rows
            for c, cell in zip(self.columns[1:], row.cells, strict=False)
        )
        return any(c.kind == "number" and len(cell.text) > _LONG for c, cell in pairs)


@dataclass(frozen=True)
class Point:
    """One mark of a chart. `value` None is a gap; `text` is what a label prints."""

    x: str
    value: float | None
    text: str
    key: str = ""
    status: str = ""  # "", "missing", "withheld", "suppressed", "break", "partial"
    coverage: str = ""  # "9 of 11" or ""
    joined: bool = (
        True  # whether a line may come to it from the point before: both count the same states
    )


@dataclass(frozen=True)
class Series:
    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class ChartData:
    """What a chart draws. `series` by kind: line and bar, one series a line or bar
    colour; small_multiples, one panel a series; dumbbell, one row a series with its
    first and last point; pyramid, two series, one a side; share_bar, one part of each
    bar a series, and last the base of each, the sum of its parts; heat, one row a
    series, whose values are places among `words` where it shows judgements; flow, one
    source a series, whose points are where it goes; map, one series whose points are
    states (x is the state code); sparkline, one small line a series, under the column
    of its figure; of_ten, one line of ten marks a series, whose points are how many of
    the ten are what (x is the name), and last the base, `n`; state_lines, one small
    line a series, beside the row of its state.
    """

    kind: Kind
    series: tuple[Series, ...]
    unit: str
    title: str  # for the SVG's own title; the caption is in the FigureView
    x_title: str = ""
    labels: dict[str, str] = field(default_factory=dict)  # x code -> printed label
    words: tuple[str, ...] = ()  # of a scale, from the least to the most; none for numbers
    gap: str = ""  # what a place without one of the words is called
    least: float = 0.0  # where the scale of its numbers begins


@dataclass(frozen=True)
class FigureView:
    id: str
    number: str
    title: str
    unit: str
    svg: str  # the drawing, inline SVG
    alt: str  # states the finding, not only the kind of chart
    source: str
    footnotes: tuple[Footnote, ...] = ()
    notes: tuple[str, ...] = ()
    table: TableView | None = (
        None  # the drawn figures, for readers who do not see the drawing or want to compute
    )
    message: str = ""  # what it shows, in one line above its title
    source_code: str = ""  # the source in short, behind the title; without one it stands below


@dataclass(frozen=True)
class EmptyView:
    """An exhibit without data, and why. It takes no number and no place."""

    reason: str


ShownView = TableView | FigureView
ExhibitView = ShownView | EmptyView
