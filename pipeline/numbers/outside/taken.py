"""How is a publisher's file taken in as context? Read, compared with totals printed
elsewhere, and written as figures in our own layout.

The file itself is never kept: what is kept are facts, each with its publisher, table
and release.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path

from pipeline.cells import Key, plain
from pipeline.contracts.anchors import compare, load_anchors, number_text
from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import CONTEXT, FOLDER, PAGE, OutsideCube, load_outside
from pipeline.errors import UserError
from pipeline.system.files import write_file

# The reader of each cube of context.
READERS = {"CTX_CROSSINGS": "pipeline.numbers.outside.frontex"}


@dataclass(frozen=True)
class Taken:
    """What a file gave: figures by area, year and codes, totals left out."""

    cube: OutsideCube
    release: str
    rows: int
    figures: Mapping[tuple[str, ...], Decimal]
    remarks: tuple[str, ...] = ()


def take_context(folder: Path, contracts: Contracts, *, cube: str, file: Path) -> list[str]:
    """Write the figures of a publisher's file to `context/<CUBE>.csv` in `folder`
    (data_contracts). Returns the account. Raises UserError, before anything is written,
    where the file is of another release than `context.yaml` says or misses a total.
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
    if taken.release != taken.cube.release:
        raise UserError(
            f"the file is of {taken.release}",
            where=str(file),
            allowed=taken.cube.release,
            do=f"write the release into {CONTEXT}, look at what changed, and take it in again",
        )
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


def csv_of(taken: Taken) -> str:
    """The figures as a list of the project, in the order of their codes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(taken.cube.columns)
    for key, value in sorted(taken.figures.items()):
        writer.writerow((*key, plain(value), taken.cube.cited))
    return text.getvalue()


def _compare(taken: Taken, contracts: Contracts, *, file: Path) -> list[str]:
    """Every total of the source that was printed elsewhere, beside what the file gives."""
    figures = {Key(taken.cube.name, key): value for key, value in taken.figures.items()}
    lines = []
    for anchor in load_anchors(contracts.folder, contracts):
        if not anchor.is_of(taken.cube.publisher, taken.cube.table, release=taken.release):
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
