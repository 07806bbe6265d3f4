"""Which values do the bands of a chart of flows show? Each as thick at both ends as its
released value.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline.inspection.readback.axes import NEAR, Box, Found
from pipeline.inspection.readback.marks import Path
from pipeline.report.charts import geometry
from pipeline.report.views import ChartData

NOT_RELEASED = "the mark belongs to no released value"


def flows(data: ChartData, paths: list[Path], *, axes: Any, counts: Counter[str]) -> Found:
    """For each released value above zero: a band, and a box at each of its ends;
    nothing else is drawn.
    """
    points = [(s.label, p) for s in data.series for p in s.points if p.value]
    bands = [p for p in paths if p.fill is not None and p.curved]
    boxes = [p for p in paths if p.fill is not None and not p.curved]
    if (len(bands), len(boxes)) != (len(points), 2 * len(points)) or any(
        p.fill is None for p in paths
    ):
        yield (
            f"{len(bands)} bands and {len(boxes)} ends for {len(points)} released values",
            NOT_RELEASED,
        )
        return
    if not points:
        return
    starts = boxes[::2]
    ends = boxes[1::2]
    largest = max(range(len(points)), key=lambda i: points[i][1].value or 0)
    scale = _height(starts[largest].box) / (points[largest][1].value or 1)
    for (label, point), band, start, end in zip(points, bands, starts, ends, strict=True):
        wanted = (point.value or 0) * scale
        sizes = [_height(start.box), _height(end.box), *_edges(band, start.box, end=end.box)]
        if any(abs(size - wanted) > 3 * NEAR for size in sizes):
            yield (
                f"the flow from {label} to {point.x} is as thick as {sizes[0] / scale:,.6g}",
                NOT_RELEASED,
            )
        else:
            counts["mark"] += 1
    for name, side, nodes in (
        ("left", starts, [label for label, _ in points]),
        ("right", ends, [point.x for _, point in points]),
    ):
        yield from _stacked(name, side, nodes=nodes, order=_order(name, data))


def _order(side: str, data: ChartData) -> list[str]:
    if side == "left":
        return [s.label for s in data.series]
    return list(dict.fromkeys(p.x for s in data.series for p in s.points))


def _height(box: Box) -> float:
    return box[3] - box[1]


def _edges(band: Path, start: Box, *, end: Box) -> list[float]:
    """How thick a band is where it leaves and where it arrives; endless where it does
    not meet its ends.
    """
    corners = band.parts[0][:4]
    wanted = [(start[2], start[3]), (end[0], end[3]), (end[0], end[1]), (start[2], start[1])]
    met = len(corners) == 4 and all(
        abs(x - u) <= 3 * NEAR and abs(y - v) <= 3 * NEAR
        for (x, y), (u, v) in zip(corners, wanted, strict=True)
    )
    return [corners[0][1] - corners[3][1], corners[1][1] - corners[2][1]] if met else [float("inf")]


def _stacked(name: str, boxes: list[Path], *, nodes: list[str], order: list[str]) -> Found:
    """The ends of one node follow each other without a gap, and nodes with the same
    gap: free room tells nothing.
    """
    by_node: dict[str, list[Box]] = {node: [] for node in order}
    for node, path in zip(nodes, boxes, strict=True):
        by_node[node].append(path.box)
    reached, skipped = None, 0
    for node in order:
        if not by_node[node]:
            skipped += 1
            continue
        for index, box in enumerate(by_node[node]):
            if reached is not None:
                gap = 0.0 if index else geometry.FLOW_GAP / geometry.MM_PER_POINT * (1 + skipped)
                if abs(reached - box[3] - gap) > 4 * NEAR:
                    yield (
                        (
                            f"an end of {node} on the {name} stands {reached - box[3]:.1f} points"
                            " below the one before"
                        ),
                        (NOT_RELEASED),
                    )
            reached = box[1]
        skipped = 0
