"""How is a publisher's file taken in as context? Read, compared with totals printed
elsewhere, and written as figures in our own layout.

The file itself is never kept: what is kept are facts, each with its publisher, table
and release. A year that was not over when the file was released is only a part: it is
left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib import import_module
from pathlib import Path

from pipeline.cells import Key, plain
from pipeline.contracts.anchors import compare, load_anchors, number_text
from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import CONTEXT, FOLDER, PAGE, OutsideCube, load_outside
from pipeline.contracts.releases import earliest_release
from pipeline.contracts.sources import NOT_STATED
from pipeline.errors import UserError
from pipeline.returns.importers.released import choose_release
from pipeline.system.files import write_file

# The reader of each cube of context.
READERS = {
    "CTX_CROSSINGS": "pipeline.numbers.outside.frontex",
    "CTX_CROSSINGS_MONTH": "pipeline.numbers.outside.frontex",
    "CTX_ASYLUM_ABROAD": "pipeline.numbers.outside.unhcr",
    "CTX_EU_STAY": "pipeline.numbers.outside.eurostat",
    "CTX_EU_REFUSED": "pipeline.numbers.outside.eurostat",
    "CTX_MISSING": "pipeline.numbers.outside.iom",
    "CTX_VICTIMS_ABROAD": "pipeline.numbers.outside.glotip",
    "CTX_OC_INDEX": "pipeline.numbers.outside.oc_index",
}
FIRST_YEAR = 2017  # of the first window that is printed, that of round 2021


@dataclass(frozen=True)
class Taken:
    """What a file gave: figures by area, year and codes, totals left out. `release` is
    what the file says, or that it says none; `places` are where scores stand in it.
    """

    cube: OutsideCube
    release: str
    rows: int
    figures: Mapping[tuple[str, ...], Decimal]
    remarks: tuple[str, ...] = ()
    places: Mapping[tuple[str, ...], str] = field(default_factory=dict)


def take_context(
    folder: Path, contracts: Contracts, *, cube: str, file: Path, release: str = ""
) -> list[str]:
    """Write the figures of a publisher's file to `context/<CUBE>.csv` in `folder`
    (data_contracts). `release` is when a file was released that does not say it. Returns
    the account. Raises UserError, before anything is written, where the file is of another
    release than `context.yaml` says or misses a total.
    """
    known = {c.name: c for c in load_outside(folder)}
    if cube not in known or cube not in READERS:
        raise UserError(
            f"there is no cube of context '{cube[:40]}'",
            allowed=", ".join(name for name in known if name in READERS),
            do=f"name one with TABLE=; see {PAGE}",
        )
    read: Callable[[Path, Contracts, OutsideCube], Taken] = import_module(READERS[cube]).read
    taken = read(file, contracts, known[cube])
    taken = replace(taken, release=choose_release(taken.release, release, file=file))
    if taken.release == NOT_STATED:
        raise UserError(
            "the file does not say when it was released",
            where=str(file),
            allowed=f"a file of {taken.cube.release}",
            do=f"give the release with RELEASE=; see {PAGE}",
        )
    if taken.release != taken.cube.release:
        raise UserError(
            f"the file is of {taken.release}",
            where=str(file),
            allowed=taken.cube.release,
            do=f"write the release into {CONTEXT}, look at what changed, and take it in again",
        )
    if not taken.cube.scores:  # the year of a score is that of its edition, which is out
        taken = _whole_years(taken, file=file)
    compared = _compare(taken, contracts, file=file)
    path = folder / FOLDER / f"{cube}.csv"
    write_file(path, csv_of(taken).encode("utf-8"))
    years = sorted({key[1] for key in taken.figures})
    return [
        f"{taken.cube.cited}: {taken.rows} rows",
        f"  {len(taken.figures)} figures of {years[0]} to {years[-1]}, in {FOLDER}/{path.name}",
        *(f"  {remark}" for remark in taken.remarks),
        *(f"  {line}" for line in compared),
    ]


def _whole_years(taken: Taken, *, file: Path) -> Taken:
    """The figures of the years that were over when the file was released, from the first
    one that is printed. Raises UserError where none is left.
    """
    released = earliest_release(taken.release)
    assert released is not None  # what context.yaml names is a date
    parts = {key[1] for key in taken.figures if int(key[1]) >= released.year}
    kept = {
        key: value
        for key, value in taken.figures.items()
        if int(key[1]) >= FIRST_YEAR and key[1] not in parts
    }
    if not kept:
        raise UserError(
            "the file gives no figure of a whole year",
            where=str(file),
            allowed=f"years from {FIRST_YEAR} to {released.year - 1}",
            do="take the file as the publisher offers it, with all its years",
        )
    said = (f"{year} left out: it was not over at {taken.release}" for year in sorted(parts))
    return replace(taken, figures=kept, remarks=(*taken.remarks, *said))


def csv_of(taken: Taken) -> str:
    """The figures as a list of the project, in the order of their codes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(taken.cube.columns)
    for key, value in sorted(taken.figures.items()):
        place = (taken.places[key],) if taken.cube.scores else ()
        writer.writerow((*key, plain(value), *place, taken.cube.cited))
    return text.getvalue()


def _compare(taken: Taken, contracts: Contracts, *, file: Path) -> list[str]:
    """Every total of the source that was printed elsewhere, beside what the file gives."""
    cube = taken.cube
    figures = {Key(cube.name, key): value for key, value in taken.figures.items()}
    lines = []
    for anchor in load_anchors(contracts.folder, contracts):
        if anchor.cube != cube.name:
            continue
        if not anchor.is_of(cube.publisher, cube.table, release=taken.release):
            continue
        found = compare(anchor, figures, (anchor.area,))
        if found.is_missed:
            raise UserError(
                f"{anchor.id}: {anchor.cells} adds up to {number_text(found.found or Decimal(0))}",
                where=str(file),
                allowed=anchor.allowed,
                do="nothing was written; find out what the file holds",
            )
        said = "no figure" if found.found is None else number_text(found.found)
        lines.append(f"{anchor.id}: {said}, printed {anchor.allowed}")
    return lines or ["no total printed elsewhere is known for this source"]
