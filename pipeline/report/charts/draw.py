"""What does a chart look like? One drawing a kind, as inline SVG with real text, the
same bytes every time.

Every drawing works in millimetres on a `Sheet`, so a label is as high in a small chart
as in a large one. Charts are read without colour too: labels stand next to what they
name, fills are ordered in lightness and hatched, lines differ in dash and marker. A
value that is None has no place on any axis: only the point's text is printed, where it
starts.
"""

from __future__ import annotations

import hashlib
import io
import re
from html import escape
from math import isfinite
from typing import Any, Protocol

from pipeline.errors import RenderError
from pipeline.report.charts.bars import draw_bars, draw_stacked_bars
from pipeline.report.charts.dumbbell import draw_dumbbell
from pipeline.report.charts.flows import draw_flow
from pipeline.report.charts.heat import draw_heat
from pipeline.report.charts.line import draw_line
from pipeline.report.charts.maps import draw_map
from pipeline.report.charts.multiples import draw_multiples
from pipeline.report.charts.pyramid import draw_pyramid
from pipeline.report.charts.shares import draw_shares
from pipeline.report.charts.sheet import (
    GREY,
    INK,
    TEXT,
    Sheet,
    register_fonts,
)
from pipeline.report.charts.sparkline import draw_sparklines
from pipeline.report.charts.state_lines import draw_state_lines
from pipeline.report.charts.tens import draw_tens
from pipeline.report.views import ChartData

_HIDDEN = ("missing", "withheld", "suppressed")


def draw_chart(data: ChartData, *, width_mm: float = 160, height_mm: float | None = None) -> str:
    """Draw a chart as inline SVG, `width_mm` wide and as high as its rows need unless
    `height_mm` is given.

    Raises RenderError when there is nothing to draw, or a point says it is withheld and
    yet carries a value.
    """
    _check(data)
    import matplotlib

    with matplotlib.rc_context(_style(_salt(data))):
        sheet = _DRAWINGS[data.kind](data, width_mm, height=height_mm)
        buffer = io.StringIO()
        sheet.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _clean(buffer.getvalue(), data)


def _check(data: ChartData) -> None:
    if not any(series.points for series in data.series):
        raise RenderError(
            "the chart has no points",
            where=data.title,
            do="give an exhibit without data as EmptyView",
        )
    for series in data.series:
        for point in series.points:
            if point.value is None:
                continue
            if point.status in _HIDDEN or not isfinite(point.value):
                raise RenderError(
                    f"point {point.key or point.x} is '{point.status or 'not a number'}' and yet"
                    " has a value",
                    where=data.title,
                    do="leave the value out: it could be measured in the drawing",
                )


def _salt(data: ChartData) -> str:
    return hashlib.sha256(f"{data.kind}|{data.title}".encode()).hexdigest()[:10]


def _style(salt: str) -> dict[str, Any]:
    register_fonts()
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.family": ["Source Sans Pro"],
        "font.size": TEXT,
        "text.parse_math": False,
        "text.color": INK,
        "axes.linewidth": 0.5,
        "axes.edgecolor": GREY,
        "axes.unicode_minus": True,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "hatch.linewidth": 0.5,
        "path.simplify": False,
    }


class DrawChart(Protocol):
    """Draws the data of a chart on a sheet of a width and, where it is given, a height."""

    def __call__(self, data: ChartData, width: float, *, height: float | None) -> Sheet: ...


_DRAWINGS: dict[str, DrawChart] = {
    "line": draw_line,
    "bar": draw_bars,
    "grouped_bar": draw_bars,
    "stacked_bar": draw_stacked_bars,
    "small_multiples": draw_multiples,
    "heat": draw_heat,
    "map": draw_map,
    "dumbbell": draw_dumbbell,
    "share_bar": draw_shares,
    "pyramid": draw_pyramid,
    "flow": draw_flow,
    "sparkline": draw_sparklines,
    "of_ten": draw_tens,
    "state_lines": draw_state_lines,
}


# --- SVG ------------------------------------------------------------------------------


def _clean(svg: str, data: ChartData) -> str:
    """Leave only what is seen: no prolog, no metadata, no style for all of the page, no
    name used twice in a page.
    """
    salt = _salt(data)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r"<defs>\s*</defs>", "", svg)
    used = set(re.findall(r'(?:url\(|href=")#([\w.-]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="c{salt}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(url\(|href=")#([\w.-]+)', rf"\1#c{salt}-\2", svg)
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"-?\d+\.\d{3,}", _rounded, tag[0]), svg)
    svg = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", svg)
    for _ in range(4):  # groups without any attribute only make the drawing larger
        svg = re.sub(
            r"<g>\s*((?:<(?:path|use)\b[^>]*/>\s*|<text\b[^>]*>[^<]*</text>\s*)*)</g>", r"\1", svg
        )
    head = f' role="img" stroke-linejoin="round"><title>{escape(data.title)}</title>'
    svg = re.sub(r">", lambda _: head, svg, count=1)
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def _rounded(number: re.Match[str]) -> str:
    # A hundredth of a point is finer than any printer; more digits would only make the
    # file larger.
    return f"{round(float(number[0]), 2):g}"
