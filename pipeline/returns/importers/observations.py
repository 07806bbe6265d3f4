"""Which observations does a file of Eurostat hold, whatever its form? One row each, of
SDMX-CSV, TSV or JSON-stat.

A row has the codes of its dimensions, the labels beside them where the file gives them
(`geo label`), TIME_PERIOD, OBS_VALUE and OBS_FLAG; its place names the line, and the
year or the key, in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.returns.formats.raw import DamagedFile
from pipeline.returns.importers.grids import Line, Value, check_kind, is_text, read_texts
from pipeline.returns.importers.jsonstat import is_json, read_jsonstat
from pipeline.returns.importers.sheets import (
    LABEL,
    PACKED,
    Choices,
    Published,
    PublishedRow,
    folded,
    read_published,
)
from pipeline.returns.intake.codes import clean, latin

TIME, VALUE, FLAG = "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG"
_PACKED_KIND = " as TSV"  # behind the kind of a table: its form with the key in one column
_YEAR = re.compile(r"\d{4}")
_FLAGGED = re.compile(r"(?P<text>:|\d(?:.*\d)?)?\s*(?P<flags>[bcdefinprsuz]{1,3})")
# What stands in a file of SDMX-CSV beside dimensions, as heads are compared.
_BESIDE = frozenset(
    [
        "dataflow",
        "structure",
        "structure_id",
        "structure_name",
        "action",
        "last update",
        "freq",
        "time_period",
        "obs_value",
        "obs_flag",
        "obs_status",
        "conf_status",
    ]
)
# SDMX-CSV 2.0: information, append, merge, replace. A row of deletion is no observation.
_ACTIONS = ("", "I", "A", "M", "R")


@dataclass(frozen=True)
class Dataset:
    """A table of the service by its dimensions, without frequency and time."""

    dimensions: tuple[str, ...]

    @property
    def long(self) -> tuple[str, ...]:
        """The columns of its SDMX-CSV that are read."""
        return (*self.dimensions, TIME, VALUE, FLAG)

    @property
    def packed(self) -> str:
        """The head of the first column of its TSV, in one of its orders."""
        return f"freq,{','.join(self.dimensions)}\\{TIME}"


def read_observations(
    path: Path,
    datasets: Mapping[str, Dataset],
    *,
    contracts: Contracts,
    others: Choices | None = None,
) -> Published:
    """The observations of a file that holds one of the datasets; `kind` says which.

    `others` are tables that are no dataset of the service, read as they stand. Raises
    UserError: a dimension that lacks or that no list names, a key that has too few codes.
    """
    if (text := _json_text(path)) is not None:
        dimensions = {kind: dataset.dimensions for kind, dataset in datasets.items()}
        return read_jsonstat(path, text, dimensions=dimensions)
    choices: Choices = {kind: dataset.long for kind, dataset in datasets.items()}
    packed = {f"{kind}{_PACKED_KIND}": (d.packed,) for kind, d in datasets.items()}
    published = read_published(path, {**choices, **(others or {}), **packed}, contracts=contracts)
    kind = published.kind.removesuffix(_PACKED_KIND)
    if published.kind in packed:
        dataset = datasets[kind]
        rows = list(_unpacked(path, published, dataset=dataset))
        heads = (*dataset.dimensions, TIME, VALUE, FLAG)
        return replace(published, kind=kind, heads=heads, rows=rows)
    if kind in datasets:
        _check_actions(path, published)
        _check_dimensions(path, published, dataset=datasets[kind])
    return published


def _json_text(path: Path) -> str | None:
    """The text of a file that is JSON; None for others, whose faults are told where they
    are read.
    """
    try:
        data = path.read_bytes()
        kind = check_kind(data)
        texts = read_texts(data, kind) if is_text(kind) else {}
    except (DamagedFile, OSError):
        return None
    return next((t for e, t in texts.items() if e.startswith("utf") and is_json(t)), None)


def _unpacked(path: Path, published: Published, *, dataset: Dataset) -> Iterator[PublishedRow]:
    """One row for each year of each line. The head of the key says the order of its
    codes.
    """
    head = next(h for h in published.heads if PACKED.fullmatch(folded(h)))
    parts = [folded(part) for part in head.rpartition("\\")[0].split(",")]
    years = [h for h in published.heads if _YEAR.fullmatch(h)]
    heads = (*dataset.dimensions, TIME, VALUE, FLAG)
    columns = {name: number for number, name in enumerate(heads, 1)}
    if not years:
        raise UserError(
            f"there is no column of a year; found: {', '.join(published.heads)[:200]}",
            where=str(path),
            allowed="annual data: a column for each year behind the key",
            do="download annual data, and name the file with FILE=",
        )
    for row in published.rows:
        codes = [latin(clean(code)) for code in row.text(head).split(",")]
        if len(codes) != len(parts):
            raise UserError(
                f"'{row.text(head)}' is not a key of {len(parts)} codes",
                where=f"{path} {row.where}",
                allowed=head,
                do="delete the row if it is not the publisher's, or download the file again",
            )
        named = dict(zip(parts, codes, strict=True))
        key = [Value(named[folded(d)], "text") for d in dataset.dimensions]
        for year in years:
            value, flags = _split(row.value(year))
            cells = [*key, Value(year, "text"), value, Value(flags, "text")]
            line: Line = {n: cell for n, cell in enumerate(cells, 1) if cell.text or cell.formula}
            yield PublishedRow(f"{row.where}, {year}", line, columns)


def _split(value: Value) -> tuple[Value, str]:
    """A cell of a TSV as the figure and its flags: `12 b`, `: c`."""
    if value.kind == "text" and (found := _FLAGGED.fullmatch(value.text.strip())):
        return Value(found["text"] or ":", "text"), found["flags"]
    return value, ""


def _check_actions(path: Path, published: Published) -> None:
    if not (head := published.head("ACTION")):
        return
    for row in published.rows:
        if row.text(head).partition(":")[0].strip().upper() not in _ACTIONS:
            raise UserError(
                f"the row is no observation: '{row.text(head)}' in the column ACTION",
                where=f"{path} {row.where}",
                allowed=f"{', '.join(a for a in _ACTIONS if a)}, or nothing",
                do="download the table as a whole, not what changed in it",
            )


def _check_dimensions(path: Path, published: Published, *, dataset: Dataset) -> None:
    """Raise UserError where a column that no list names tells rows of one key apart: it is
    a dimension, and its parts would stand for the whole.
    """
    known = {folded(d) for d in dataset.dimensions} | _BESIDE
    unknown = [h for h in published.heads if folded(h) not in known and not h.endswith(LABEL)]
    if not unknown:
        return
    first: dict[tuple[str, ...], PublishedRow] = {}
    for row in published.rows:
        key = tuple(row.text(head) for head in (*dataset.dimensions, TIME))
        before = first.setdefault(key, row)
        for head in unknown:
            if row.text(head) != before.text(head):
                raise UserError(
                    f"'{head}' is a dimension that is not known: {' / '.join(key)} stands under"
                    f" '{before.text(head)}' and '{row.text(head)}'",
                    where=f"{path} {before.where} and {row.where}",
                    allowed=", ".join(dataset.dimensions),
                    do="download the total of this dimension only, and name the file with FILE=",
                )
