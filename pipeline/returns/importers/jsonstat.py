"""What does a JSON-stat file say, cell by cell? Datasets of version 2.0, values as list
or as object.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from pipeline.errors import UserError
from pipeline.returns.importers.grids import BLANK, Line, Value
from pipeline.returns.importers.sheets import (
    LABEL,
    Published,
    PublishedRow,
    folded,
    nearest,
    told_apart,
)

ALLOWED = "a dataset of JSON-stat 2.0, as the service gives it"
_TIME = ("time", "time_period")
_MOST_CELLS = 50_000_000  # of the cube, most of them empty; the file has a bound of its own
_STAMP = re.compile(r"\d\d(?P<y>\d\d)-(?P<m>\d\d)-(?P<d>\d\d)T(?P<time>\d\d:\d\d:\d\d)\S*")
_LONGEST = 30  # digits of a number that is written out


def is_json(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("{")


@dataclass(frozen=True)
class _Dimension:
    """One dimension: its name in the file, and its categories in order with their
    labels.
    """

    name: str
    codes: tuple[str, ...]
    labels: Mapping[str, str]


def read_jsonstat(path: Path, text: str, *, dimensions: Mapping[str, tuple[str, ...]]) -> Published:
    """The cells of a dataset that have a value or a status, one row each.

    `dimensions` are those of each kind of table, without frequency and time. Raises
    UserError.
    """
    document = _parse(path, text)
    if document.get("class") != "dataset":
        _refuse(path, f"the class is '{str(document.get('class', ''))[:40]}', not dataset")
    cube = _dimensions(path, document)
    kind, named = _kind(path, cube, kinds=dimensions)
    total = math.prod(len(d.codes) for d in cube)
    if total > _MOST_CELLS:
        _refuse(path, f"a cube of {total:,} cells")
    values = _cells(path, document.get("value"), total=total, what="value")
    statuses = _cells(path, _spread(document.get("status"), values), total=total, what="status")
    beside = [d for d in named if d in dimensions[kind]]
    heads = (*named, *(f"{d}{LABEL}" for d in beside), "OBS_VALUE", "OBS_FLAG", "LAST UPDATE")
    columns = {head: number for number, head in enumerate(heads, 1)}
    updated = Value(_updated(document), "text")
    rows = []
    for place in sorted({**values, **statuses}):
        codes = _codes(cube, place)
        labels = [named[d].labels.get(codes[named[d].name], "") for d in beside]
        flags = statuses.get(place)
        cells = [
            *(Value(codes[d.name], "text") for d in named.values()),
            *(Value(label, "text") for label in labels),
            _value(values.get(place)),
            Value("" if flags is None else str(flags), "text"),
            updated,
        ]
        where = f"value {place} ({', '.join(f'{d}={code}' for d, code in codes.items())})"
        line: Line = {n: cell for n, cell in enumerate(cells, 1) if cell.text}
        rows.append(PublishedRow(where, line, columns))
    return Published(kind, (), heads, rows, ("the file is JSON-stat; empty cells are not counted",))


def _updated(document: Mapping[str, Any]) -> str:
    """When the dataset was last updated, written as in the other forms of the table: a cover
    cites one release alike, whichever form was read.
    """
    given = str(document.get("updated") or "")[:40]
    stamp = _STAMP.fullmatch(given)
    return f"{stamp['d']}/{stamp['m']}/{stamp['y']} {stamp['time']}" if stamp else given


def _refuse(path: Path, what: str) -> NoReturn:
    raise UserError(
        what,
        where=str(path),
        allowed=ALLOWED,
        do="download the file again, and name it with FILE=",
    )


def _parse(path: Path, text: str) -> dict[str, Any]:
    def single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found and found[name] != value:
                raise ValueError(f"'{name[:40]}' stands twice, with different values")
            found[name] = value
        return found

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no value")

    try:
        document = json.loads(
            text.lstrip("\ufeff \t\r\n"),
            object_pairs_hook=single,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=constant,
        )
    except (ValueError, ArithmeticError, RecursionError) as problem:
        said = "it is nested too deep" if isinstance(problem, RecursionError) else str(problem)
        _refuse(path, f"the file cannot be read as JSON: {said}")
    assert isinstance(document, dict)  # it begins with a brace
    return document


def _dimensions(path: Path, document: Mapping[str, Any]) -> list[_Dimension]:
    names, sizes, given = (document.get(part) for part in ("id", "size", "dimension"))
    if not isinstance(names, list) or not isinstance(sizes, list) or not isinstance(given, dict):
        _refuse(path, "id, size or dimension is missing")
    if len(names) != len(sizes) or len(set(map(str, names))) != len(names):
        _refuse(path, f"{len(names)} names of dimensions, {len(sizes)} sizes")
    cube = []
    for name, size in zip(map(str, names), sizes, strict=True):
        dimension = given.get(name)
        category = dimension.get("category") if isinstance(dimension, dict) else None
        if not isinstance(category, dict):
            _refuse(path, f"the dimension '{name[:40]}' has no categories")
        given_labels = category.get("label")
        labels: dict[str, Any] = given_labels if isinstance(given_labels, dict) else {}
        # One category needs no index.
        index: Any = category.get("index", list(labels) if len(labels) == 1 else None)
        if isinstance(index, dict):
            ordered = [code for _, code in sorted((str(n).zfill(12), c) for c, n in index.items())]
            if [str(index[code]) for code in ordered] != [str(n) for n in range(len(ordered))]:
                _refuse(path, f"the categories of '{name[:40]}' have no single order")
            index = ordered
        if not isinstance(index, list) or Decimal(len(index)) != size:
            count = len(index) if isinstance(index, list) else 0
            _refuse(path, f"'{name[:40]}' has {count} categories, its size is {str(size)[:20]}")
        codes = tuple(map(str, index))
        if not codes or len(set(codes)) != len(codes):
            _refuse(path, f"a category of '{name[:40]}' stands twice, or there is none")
        cube.append(_Dimension(name, codes, {str(c): str(t) for c, t in labels.items()}))
    return cube


def _kind(
    path: Path, cube: list[_Dimension], *, kinds: Mapping[str, tuple[str, ...]]
) -> tuple[str, dict[str, _Dimension]]:
    """Which table it is, and its dimensions by the names that the table gives them.

    One of a single category that no list names is no part of the key, if it is the whole.
    """
    by_name = {folded(d.name): d for d in cube}
    time = next((by_name[t] for t in _TIME if t in by_name), None)
    if time is None:
        _refuse(path, "there is no dimension of time")
    best = nearest(by_name, {kind: [folded(d) for d in kinds[kind]] for kind in kinds})
    given = [n for n in by_name if n not in ("freq", folded(time.name))]
    if said := told_apart("dimensions", given=given, wanted=map(folded, kinds[best])):
        raise UserError(
            said,
            where=str(path),
            allowed=" | ".join(", ".join(kinds[k]) for k in kinds),
            do="name a file of this source with FILE=, or another SOURCE=",
        )
    return best, {**{d: by_name[folded(d)] for d in kinds[best]}, "TIME_PERIOD": time}


def _spread(status: Any, values: Mapping[int, Any]) -> Any:
    """One status alone is that of every value."""
    if isinstance(status, list) and len(status) == 1:
        status = status[0]
    return {str(p): status for p in values} if isinstance(status, str) else status


def _cells(path: Path, given: Any, *, total: int, what: str) -> dict[int, Any]:
    """Values or statuses by their place in the cube; nulls are left out."""
    if given is None and what == "status":
        return {}
    if isinstance(given, list):
        if len(given) != total:
            _refuse(path, f"{len(given):,} of {what}, the dimensions give {total:,}")
        return {place: v for place, v in enumerate(given) if v is not None}
    if not isinstance(given, dict):
        _refuse(path, f"there is no {what} as list or as object")
    cells = {}
    for place, v in given.items():
        if not (place.isascii() and place.isdigit() and len(place) < 12 and int(place) < total):
            _refuse(path, f"'{place[:40]}' is no place of a {what}: there are {total:,}")
        if int(place) in cells:
            _refuse(path, f"the place {int(place)} of a {what} stands twice")
        if v is not None:
            cells[int(place)] = v
    return cells


def _codes(cube: list[_Dimension], place: int) -> dict[str, str]:
    """The codes of a place: the last dimension changes first."""
    codes = {}
    for dimension in reversed(cube):
        place, number = divmod(place, len(dimension.codes))
        codes[dimension.name] = dimension.codes[number]
    return {d.name: codes[d.name] for d in cube}


def _value(given: Any) -> Value:
    if given is None:
        return BLANK
    if isinstance(given, Decimal):
        exponent = given.as_tuple().exponent
        plain = isinstance(exponent, int) and abs(exponent) + len(given.as_tuple().digits)
        return Value(f"{given:f}" if plain and plain < _LONGEST else str(given), "number")
    if isinstance(given, bool):
        return Value(str(given).upper(), "boolean")
    return Value(str(given)[:200], "text")
