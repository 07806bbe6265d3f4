"""Where do the marks of a chart stand, and how large are they? Numbers that both the
drawing and its reading back (`pipeline.inspection.readback`) go by.

Use them as `geometry.NAME`, so that whoever changes one changes both. Functions turn
the number of a place or series into its position, and back.
"""

from __future__ import annotations

MM_PER_POINT = 25.4 / 72

# Room before the first and behind the last place of a plot, in steps from place to place.
LINE_MARGIN = 0.35
PANEL_MARGIN = 0.4  # of one of several small plots

MARK = 4.0  # points: how large a mark on a line is
SMALL_MARK = 2.6
MARK_EDGE = 0.8  # points: how wide its outline is
LINE_WIDTH = 1.3  # points, of a line of data
LEAD_WIDTH = 0.5  # points, of the lead from a mark to its label

BAR_SHARE = 0.78  # of the height of a row: what its bars take up together
BAR_FILL = 0.92  # of its own part of that: how thick a bar beside others is
STACK_SHARE = 0.74  # of the height of a row: how thick a stacked bar is

# Millimetres: the swatch of a legend, and from its left end to that of its label.
SWATCH_WIDTH = 4.4
SWATCH_HEIGHT = 2.4
SWATCH_LABEL = 5.8

TICK_PAD = 2.0  # points between the end of a grid line and its label

# Millimetres: sparklines stand under the columns of a row of large figures. The labels of
# its lines are as wide as in templates/shared/report.css; the largest value of a line
# stands so high above its zero.
SPARK_LABELS = 29.0
SPARK_HEIGHT = 9.0

# Millimetres: small lines stand beside the rows of a table of states, as high as in
# templates/shared/report.css; the largest value of a line stands so high above its zero.
STRIP_ROW = 5.4
STRIP_HEIGHT = 3.4

# Millimetres: one of ten marks, and from each to the next.
TEN_WIDTH = 3.6
TEN_HEIGHT = 8.4
TEN_STEP = 4.7

# Millimetres: how wide the ends of a flow are, and what parts the nodes of one side.
FLOW_END = 13.0
FLOW_GAP = 2.4


def ends_of_axis(count: int, margin: float) -> tuple[float, float]:
    """Where an axis of `count` places begins and ends; the first place is at 0, each
    next one at one more.
    """
    return -margin, count - 1 + margin


def share_of_axis(place: float, count: int, *, margin: float) -> float:
    """How far along its axis a place lies, from 0 at the left end to 1 at the right."""
    low, high = ends_of_axis(count, margin)
    return (place - low) / (high - low)


def place_at(share: float, count: int, *, margin: float) -> float:
    """The place that lies so far along its axis."""
    low, high = ends_of_axis(count, margin)
    return low + share * (high - low)


def bar_offset(index: int, count: int) -> float:
    """From the middle of a row to the middle of the bar of one series, in rows."""
    return (index - (count - 1) / 2) * BAR_SHARE / count


def series_at(offset: float, count: int) -> float:
    """Which series has its bar there; a whole number only where one has."""
    return offset / (BAR_SHARE / count) + (count - 1) / 2


def is_mark(size: float) -> bool:
    """Whether a filled and outlined shape may be a mark: markers of one size in points
    differ by their form, an area is larger than any.
    """
    return size < 2.25 * max(MARK, SMALL_MARK)


def is_lead(width: float) -> bool:
    """Whether a line of this width leads to a label, and is no line of data."""
    return width < (LEAD_WIDTH + LINE_WIDTH) / 2
