"""How does a chart look once it is on a page? Draws it, prints it into a PDF and reads
that page back.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote

import pikepdf

from pipeline.inspection.readback.axes import labels_of, read_axes
from pipeline.inspection.readback.marks import Fonts, read_page
from pipeline.inspection.readback.measure import measure
from pipeline.inspection.readback.outline import Block, read_blocks
from pipeline.report.charts.draw import draw_chart
from pipeline.report.exhibits.described import describe
from pipeline.report.exhibits.tens import tenths
from pipeline.report.views import ChartData, Point, Series
from pipeline.system.pdf.fonts import font_faces


def with_base(data: ChartData) -> ChartData:
    """A chart of parts of a whole has the base of each bar as its last series; of lines of
    ten, each has its base as its last point, and its parts are tenths.
    """
    if data.kind == "of_ten":
        return replace(data, series=tuple(map(_in_tenths, data.series)))
    if data.kind != "share_bar":
        return data
    points = []
    for own in zip(*(s.points for s in data.series), strict=True):
        gaps = [p for p in own if p.value is None]
        total = sum(p.value or 0 for p in own)
        keys = " + ".join(p.key for p in own)
        points.append(gaps[0] if gaps else Point(own[0].x, total, f"{total:,.0f}", f"sum({keys})"))
    return replace(data, series=(*data.series, Series("n", tuple(points))))


def _in_tenths(series: Series) -> Series:
    """Figures as parts of ten: without one, and where all are nil, there is no line."""
    amounts = [p.value for p in series.points]
    known = [Decimal(str(a)) for a in amounts if a is not None]
    if len(known) < len(amounts) or not sum(known):
        gaps = tuple(
            replace(p, value=None, text=p.text if p.value is None else "x") for p in series.points
        )
        return replace(series, points=(*gaps, Point("n", None, "x")))
    counts = tenths(known)
    points = tuple(
        replace(p, value=float(count), text=str(count))
        for p, count in zip(series.points, counts, strict=True)
    )
    total = sum(known, Decimal(0))
    return replace(series, points=(*points, Point("n", float(total), f"{total:,.0f}", "sum(K:n)")))


def draw_block(data: ChartData, width_mm: float = 170) -> Block:
    """The chart as the scan and the number audit find it in a finished document."""
    picture = quote(draw_chart(data, width_mm=width_mm))
    faces = "".join(
        f'@font-face {{ font-family: "Source Sans Pro"; font-weight: {w}; src: url("{u}") }}'
        for w, u in font_faces().items()
    )
    image = f'<img alt="{describe(data)}" src="data:image/svg+xml,{picture}">'
    style = f'{faces} html {{ font-family: "Source Sans Pro" }}'
    return _print(f'<html lang="en"><style>{style}</style><title>a</title>{image}')


def faults(data: ChartData, block: Block) -> tuple[list[str], int]:
    """What of a drawing is not as released, and how many marks were found to be."""
    painted = [p for p in block.paths if p.fill is not None or p.stroke is not None]
    axes = read_axes(data, painted, labels=labels_of(block))
    counts: Counter[str] = Counter()
    found = [what for what, _ in measure(data, block.paths, axes=axes, counts=counts)]
    return found, counts["mark"]


def series_of(
    rows: Iterable[Sequence[float | None]], xs: Sequence[str], *, name: str
) -> tuple[Series, ...]:
    """One series a row of values, each called by the name and its number."""
    return tuple(
        Series(
            f"{name} {number}",
            tuple(
                Point(x, v, ":" if v is None else f"{v:,.0f}", f"K:{number}.{x}")
                for x, v in zip(xs, values, strict=True)
            ),
        )
        for number, values in enumerate(rows)
    )


@lru_cache(maxsize=8)
def _printed(html: str) -> bytes:
    from weasyprint import HTML

    return bytes(HTML(string=html).write_pdf(pdf_tags=True))


def _print(html: str) -> Block:
    with pikepdf.open(io.BytesIO(_printed(html))) as pdf:
        pages = [read_page(page, Fonts()) for page in pdf.pages]
        (figure,) = (b for b in read_blocks(pdf, pages)[0] if b.kind == "Figure")
    return figure
