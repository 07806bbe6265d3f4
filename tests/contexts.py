"""How is a small file taken in as context by a test? The contracts without anchors, and
the figures that were written.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from builds import ROOT

from pipeline.contracts.anchors import load_anchors
from pipeline.contracts.outside import load_figures


def copy_contracts(folder: Path) -> Path:
    """A copy of the contracts with no anchors, so that small files miss none."""
    copy = folder / "data_contracts"
    shutil.copytree(ROOT / "data_contracts", copy)
    head = (copy / "anchors.csv").read_text(encoding="utf-8").splitlines()[0]
    (copy / "anchors.csv").write_text(f"{head}\n", encoding="utf-8")
    load_anchors.cache_clear()
    return copy


def add_anchor(folder: Path, line: str) -> None:
    with (folder / "anchors.csv").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    load_anchors.cache_clear()


def figures_of(folder: Path, cube: str) -> dict[str, int]:
    """The figures that were written, by area, year and codes."""
    load_figures.cache_clear()
    return {
        ".".join((f.area, str(f.year), *f.codes)): int(f.value) for f in load_figures(folder)[cube]
    }
