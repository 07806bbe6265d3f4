"""Which charts were drawn for the last build? Remembered by all that a drawing is made
of, so that one is drawn again only where any of it changed.

The memory is one file of one version of one report: names of drawings with their SVG. A
name is the hash of the data, the size, the code, the fonts and the outlines of the
region. Only drawings that were asked for stay in it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipeline.report.charts.draw import draw_chart
from pipeline.report.charts.region import FILE
from pipeline.report.views import ChartData
from pipeline.system.kept import remembered
from pipeline.system.pdf.fonts import FONT_WEIGHTS, font_folder
from pipeline.system.sources import digest_of

_LIBRARIES = ("matplotlib", "numpy", "fonttools", "pillow")


@dataclass
class Charts:
    """Draws charts. `known` are drawings of earlier builds by their names, `asked` those
    of this one.
    """

    known: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    def draw(self, data: ChartData, *, width_mm: float, height_mm: float | None) -> str:
        """The chart as inline SVG. Raises RenderError as `draw_chart` does."""
        name = name_of(data, width_mm=width_mm, height_mm=height_mm)
        if name not in self.asked:
            self.asked[name] = self.known.get(name) or draw_chart(
                data, width_mm=width_mm, height_mm=height_mm
            )
        return self.asked[name]

    def as_json(self) -> bytes:
        """The memory for the next build: what was asked for, and nothing else."""
        return json.dumps(self.asked, sort_keys=True).encode()


def read_charts(path: Path) -> Charts:
    """What is remembered in a file; nothing where it is not there or damaged."""
    found = remembered(path)
    return Charts({name: svg for name, svg in found.items() if isinstance(svg, str)})


def name_of(data: ChartData, *, width_mm: float, height_mm: float | None) -> str:
    """The hash of all that the drawing is made of."""
    made_of = (code_digest(), data, float(width_mm), height_mm)
    return hashlib.sha256(repr(made_of).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def code_digest() -> str:
    """The hash of what draws: code, libraries, fonts, outlines."""
    found = hashlib.sha256(digest_of("pipeline.report.charts.draw").encode())
    found.update(sys.version.encode())
    found.update(" ".join(version(name) for name in _LIBRARIES).encode())
    fonts = (font_folder() / f"SourceSansPro-{face}.ttf" for face in FONT_WEIGHTS.values())
    for file in (FILE, *fonts):
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()
