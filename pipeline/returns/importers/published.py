"""How are a publisher's figures of states taken in to measure returns? Read as `import`
reads them, compared with totals printed elsewhere, and written as a list.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.published import (
    COLUMNS,
    FOLDER,
    PAGE,
    PUBLISHED,
    Published,
    bounds_of,
    load_published,
)
from pipeline.contracts.sources import NOT_STATED
from pipeline.errors import UserError
from pipeline.returns.importers.anchored import (
    compare_with_anchors,
    comparison_lines,
    require_anchors,
)
from pipeline.returns.importers.figures import Figure, Reading
from pipeline.returns.importers.released import choose_release
from pipeline.returns.importers.run import read_source
from pipeline.system.files import write_file


def take_published(
    folder: Path, contracts: Contracts, *, id_: str, file: Path, round_: int, release: str = ""
) -> list[str]:
    """Write the figures of a publisher's file for the years of a round to
    `published/<id>.csv` in `folder` (data_contracts). `release` is when a file was released
    that does not say it. Returns the account. Raises UserError, before anything is written,
    where the file is of another release, has no such figure, or misses a printed total.
    """
    known = {series.id: series for series in load_published(folder, contracts)}
    if id_ not in known:
        raise UserError(
            f"there are no published figures '{id_[:40]}'",
            allowed=", ".join(known),
            do=f"name one with TABLE=; see {PAGE}",
        )
    series = known[id_]
    reading = read_source(contracts, series.source, file=file, round_=round_)
    reading = _released(reading, series, file=file, release=release)
    comparisons = compare_with_anchors(reading, contracts)
    require_anchors(comparisons, str(file))
    figures, left = [], 0
    for figure in sorted(reading.figures, key=lambda f: f.key):
        if series.covers(figure.key) and figure.text:
            if _is_figure(figure):
                figures.append(figure)
            else:
                left += 1
    if not figures:
        raise UserError(
            f"the file gives no figure of {series.cube} {'.'.join(series.codes)}",
            where=str(file),
            allowed=f"figures of member states, in the years of round {round_}",
            do="look whether it is the table of this series, and whether it has these years",
        )
    path = folder / FOLDER / f"{id_}.csv"
    write_file(path, _csv_of(figures, series).encode("utf-8"))
    states = {figure.key.state for figure in figures}
    return [
        f"{series.cited}: {reading.rows} rows",
        f"  {len(figures)} figures of {len(states)} states, in {FOLDER}/{path.name}",
        *([f"  {left} cells for which the publisher shows no number"] if left else []),
        *(f"  {line}" for line in comparison_lines(comparisons)),
    ]


def _released(reading: Reading, series: Published, *, file: Path, release: str) -> Reading:
    """The reading of a file that is the table and the release of a series."""
    source = reading.source
    said = choose_release(source.release, release, file=file)
    if said == NOT_STATED:
        raise UserError(
            "the file does not say when it was released",
            where=str(file),
            allowed=f"a file of {series.release}",
            do=f"give the release with RELEASE=; see {PAGE}",
        )
    if (source.publisher, source.table, said) != (series.publisher, series.table, series.release):
        raise UserError(
            f"the file is {source.publisher}, {source.table}, {said}",
            where=str(file),
            allowed=series.cited,
            do=(
                "name the file of this series with FILE=; or write the new release into"
                f" {PUBLISHED}, look at what changed, and take it in again"
            ),
        )
    return replace(reading, source=replace(source, release=said))


def _is_figure(figure: Figure) -> bool:
    try:
        bounds_of(figure.text)
    except ValueError:
        return False
    return True


def _csv_of(figures: list[Figure], series: Published) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for figure in figures:
        writer.writerow((figure.key.state, figure.key.year, figure.text, series.cited))
    return text.getvalue()
