"""Which cells does an exhibit show? Reads exhibits.yaml and lays out keys in rows and
columns.

An exhibit names a cube, what goes down (`rows`), what goes across (`columns`) and where
the other dimensions stand (`at`); dimensions that are not named stand at their total,
the state at the region, the year at the reference year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from pipeline.cells import REGION, REGIONS, TOTAL, Cell, Key
from pipeline.errors import ContractError, UserError
from pipeline.report.exhibits.exhibit_rules import ANNEXES as ANNEXES
from pipeline.report.exhibits.exhibit_rules import CHARTS as CHARTS
from pipeline.report.exhibits.exhibit_rules import GRIDS as GRIDS
from pipeline.report.exhibits.exhibit_rules import INDICATORS as INDICATORS
from pipeline.report.exhibits.exhibit_rules import JUDGED_STATES as JUDGED_STATES
from pipeline.report.exhibits.exhibit_rules import OF_TEN as OF_TEN
from pipeline.report.exhibits.exhibit_rules import OUTLOOK as OUTLOOK
from pipeline.report.exhibits.exhibit_rules import exhibit_faults
from pipeline.report.last_given import LastYears
from pipeline.report.store import Store
from pipeline.system.yaml_files import name_of, read_yaml


@dataclass(frozen=True)
class AxisSpec:
    """What goes down or across: one dimension or several, which codes of it, how many
    of the largest.
    """

    dimensions: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...] = ()  # empty: every code of the list
    top: int = 0  # only the n codes with the largest regional value in the reference year
    region: tuple[str, ...] = ()  # regional rows added after the states
    leaves: bool = False  # leave the total out
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LineOfTen:
    """One line of ten marks: a name, and the key and the name of each of its parts. `of` is
    the whole that the parts make up, where it is not the states that gave all of them;
    `instead` are the lines that stand in its place where it cannot be drawn.
    """

    label: str
    parts: tuple[tuple[str, str], ...]
    of: str = ""
    instead: tuple[LineOfTen, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its parts, its whole and the lines in its place, as written."""
        own = (*(key for key, _ in self.parts), *((self.of,) if self.of else ()))
        return (*own, *(key for line in self.instead for key in line.keys))


@dataclass(frozen=True)
class ExhibitSpec:
    """One exhibit as written in exhibits.yaml, with the variables of the round still
    open.
    """

    id: str
    kind: str
    title: str
    cube: str = ""
    rows: AxisSpec | None = None
    columns: AxisSpec | None = None
    at: Mapping[str, str] = field(default_factory=dict)
    add: tuple[str, ...] = ()
    indicators: tuple[Mapping[str, Any], ...] = ()
    lines: tuple[LineOfTen, ...] = ()
    area: str = ""  # the crime area that experts judge
    question: str = ""  # what they are asked of it
    pillars: tuple[str, ...] = ()  # of scores of others
    crime_areas: tuple[str, ...] = ()  # of the items scored; none for all of the pillar
    measure: str = "value"  # or rate
    notes: tuple[str, ...] = ()
    wide: bool = False
    height: int = 0  # of a chart, in millimetres; 0 leaves it to the drawing
    # its file and name; what was made of it is known by this, wherever in the file it
    # stands
    where: str = ""
    line: int = field(default=0, repr=False, compare=False)

    @property
    def place(self) -> str:
        """Where to look for it: file, line and name."""
        file, _, name = self.where.partition(", ")
        return f"templates/{file} line {self.line}, {name}" if self.line else self.where


@dataclass(frozen=True)
class Item:
    """One line or one column: its codes by dimension, its label, its depth in the code
    list.
    """

    codes: Mapping[str, str]
    label: str
    group: str = ""
    level: int = 0
    is_total: bool = False


@dataclass(frozen=True)
class Grid:
    """The keys of an exhibit in their rows and columns."""

    rows: tuple[Item, ...]
    columns: tuple[Item, ...]
    keys: tuple[tuple[Key, ...], ...]
    notes: tuple[str, ...] = ()  # what a reader must know of the choice of rows

    def cells(self, store: Store) -> list[list[Cell]]:
        return [[store.cell(k) for k in row] for row in self.keys]


def read_exhibits(path: Path) -> dict[str, ExhibitSpec]:
    """Read exhibits.yaml. Raises ContractError with line and exhibit of everything
    whose fields are wrong.
    """
    file = read_yaml(path)
    if wrong := list(exhibit_faults(file)):
        raise ContractError(
            "\n  ".join(["exhibits are wrong:", *wrong]),
            where=name_of(path),
            do="correct the exhibits named",
        )
    name = f"{path.parent.name}/{path.name}"
    return {
        id_: _read(id_, raw, where=f"{name}, exhibit {id_}", line=file.line((id_,)))
        for id_, raw in file.content.items()
    }


def _read(id_: str, raw: dict[str, Any], *, where: str, line: int) -> ExhibitSpec:
    return ExhibitSpec(
        id=id_,
        kind=raw["kind"],
        title=raw["title"],
        cube=raw.get("cube", ""),
        rows=_axis(raw.get("rows")),
        columns=_axis(raw.get("columns")),
        at={k: str(v) for k, v in raw.get("at", {}).items()},
        add=tuple(raw.get("add", ())),
        indicators=tuple(raw.get("indicators", ())),
        lines=tuple(_line_of_ten(line) for line in raw.get("lines", ())),
        area=raw.get("area", ""),
        question=raw.get("question", ""),
        pillars=tuple(raw.get("pillars", ())),
        crime_areas=tuple(raw.get("crime_areas", ())),
        measure=raw.get("measure", "value"),
        notes=tuple(raw.get("notes", ())),
        wide=raw.get("wide", False),
        height=raw.get("height", 0),
        where=where,
        line=line,
    )


def _line_of_ten(raw: Mapping[str, Any]) -> LineOfTen:
    return LineOfTen(
        raw["label"],
        tuple((part["key"], part["label"]) for part in raw["parts"]),
        raw.get("of", ""),
        tuple(_line_of_ten(line) for line in raw.get("or", ())),
    )


def asked_of(spec: ExhibitSpec, store: Store) -> ExhibitSpec | None:
    """The exhibit as far as the round asks for its tables: without the lines of others,
    or none at all.
    """
    if spec.cube and not store.is_asked(spec.cube):
        return None
    lines = tuple(
        line for line in spec.indicators if store.is_asked(str(line["key"]).split(":")[0])
    )
    tens = tuple(
        line for line in spec.lines if all(store.is_asked(k.split(":")[0]) for k in line.keys)
    )
    if (spec.indicators and not lines) or (spec.lines and not tens):
        return None
    return replace(spec, indicators=lines, lines=tens)


def speaks(spec: ExhibitSpec, store: Store, *, values: Mapping[str, str]) -> bool:
    """Whether any figure of a list of indicators is there, in a year of the window."""
    keys = [Key.parse(fill(str(line["key"]), values, where=spec.place)) for line in spec.indicators]
    years = store.years if spec.columns else store.years[-2:]
    return any(store.cell(key.at(year=year)).has_value for key in keys for year in years)


def _axis(raw: Any) -> AxisSpec | None:
    if raw is None:
        return None
    if isinstance(raw, str):
        return AxisSpec((raw,))
    names = raw["axis"]
    dimensions = (names,) if isinstance(names, str) else tuple(names)
    codes = tuple(
        (str(c),) if not isinstance(c, list) else tuple(map(str, c)) for c in raw.get("codes", ())
    )
    region = raw.get("region", ())
    return AxisSpec(
        dimensions,
        codes,
        raw.get("top", 0),
        (region,) if isinstance(region, str) else tuple(region),
        raw.get("leaves", False),
        {str(k): v for k, v in raw.get("labels", {}).items()},
    )


def variables(store: Store, **more: str) -> dict[str, str]:
    """What {year}, {previous}, {first_year}, {last:TABLE} stand for in titles, axes and
    texts.
    """
    years = store.years
    return {
        "year": str(years[-1]),
        "previous": str(years[-2]),
        "first_year": str(years[0]),
        "window": f"{years[0]}\N{EN DASH}{years[-1]}",
        "last": LastYears(store),
        **more,
    }


def fill(text: str, values: Mapping[str, str], *, where: str = "") -> str:
    try:
        return text.format(**values)
    except (KeyError, IndexError, ValueError) as problem:
        raise UserError(
            f"unknown variable {problem} in '{text}'", where=where, allowed=", ".join(values)
        ) from None


def lay_out(spec: ExhibitSpec, store: Store, *, values: Mapping[str, str]) -> Grid:
    """Work out the rows, columns and keys of an exhibit in the store's round."""
    if spec.rows is None or spec.columns is None or not spec.cube:
        raise UserError("a grid needs cube, rows and columns", where=spec.place)
    base = _base_codes(spec, store, values=values)
    rows = _items(spec.rows, spec, store=store, values=values, base=base)
    columns = _items(spec.columns, spec, store=store, values=values, base=base)
    table = store.table(spec.cube)
    keys = tuple(tuple(table.key({**base, **r.codes, **c.codes}) for c in columns) for r in rows)
    for row in keys:
        for key in row:
            store.contracts.check_key(key)
    return Grid(tuple(rows), tuple(columns), keys, _notes_on_choice(spec, store, base=base))


def _base_codes(spec: ExhibitSpec, store: Store, *, values: Mapping[str, str]) -> dict[str, str]:
    table = store.table(spec.cube)
    codes = {d.name: TOTAL for d in table.dimensions}
    codes |= {"state": REGION, "year": values["year"]}
    given = {k: fill(v, values, where=spec.place) for k, v in spec.at.items()}
    unknown = set(given) - set(codes)
    if unknown:
        raise UserError(
            f"'at' names {', '.join(sorted(unknown))}", where=spec.place, allowed=", ".join(codes)
        )
    return codes | given


def _items(
    axis: AxisSpec,
    spec: ExhibitSpec,
    *,
    store: Store,
    values: Mapping[str, str],
    base: Mapping[str, str],
) -> list[Item]:
    choices = [
        _choices(name, axis, spec=spec, store=store, values=values, base=base)
        for name in axis.dimensions
    ]
    if axis.codes:
        combinations: Iterable[tuple[str, ...]] = [
            tuple(fill(c, values, where=spec.place) for c in cs) for cs in axis.codes
        ]
    else:
        combinations = product(*choices)
    items = []
    for codes in combinations:
        labels = [
            axis.labels.get(c) or store.label(spec.cube, d, code=c)
            for d, c in zip(axis.dimensions, codes, strict=True)
        ]
        named = dict(zip(axis.dimensions, codes, strict=True))
        last = axis.dimensions[-1]
        is_total = codes[-1] in (TOTAL, *REGIONS)
        items.append(
            Item(
                named,
                labels[-1],
                " / ".join(labels[:-1]),
                _level(spec.cube, last, code=codes[-1], store=store),
                is_total,
            )
        )
    return items


def _choices(
    name: str,
    axis: AxisSpec,
    *,
    spec: ExhibitSpec,
    store: Store,
    values: Mapping[str, str],
    base: Mapping[str, str],
) -> list[str]:
    if name == "year":
        return [str(y) for y in store.years]
    if name == "state":
        return [m.code for m in store.contracts.members(store.round)] + list(axis.region)
    dimension = store.table(spec.cube).dimension(name)
    codes = [c.code for c in dimension.codes if any(c.valid_in(y) for y in store.years)]
    if axis.leaves:
        codes = [c for c in codes if c != TOTAL]
    if axis.top:
        return _largest(
            name,
            axis.top,
            codes=[c for c in codes if c not in (TOTAL, "_U", "NAT", "ABR")],
            spec=spec,
            store=store,
            base=base,
        )
    return codes


def _largest(
    name: str,
    top: int,
    *,
    codes: list[str],
    spec: ExhibitSpec,
    store: Store,
    base: Mapping[str, str],
) -> list[str]:
    """The codes with the largest values in the year of `at`, largest first; withheld
    cells do not compete.
    """
    table = store.table(spec.cube)
    ranked = []
    for code in codes:
        cell = store.cell(table.key({**base, name: code}))
        if cell.has_value and cell.value:
            ranked.append((-cell.value, code))
    return [code for _, code in sorted(ranked)[:top]]


def _notes_on_choice(
    spec: ExhibitSpec, store: Store, *, base: Mapping[str, str]
) -> tuple[str, ...]:
    """A list of the largest is one of the largest that may be shown where a withheld
    cell could not compete.
    """
    axis = spec.rows
    table = store.table(spec.cube)
    if axis is None or not axis.top:
        return ()
    (name,) = axis.dimensions
    rivals = [
        store.cell(table.key({**base, name: c.code}))
        for c in table.dimension(name).codes
        if c.code != TOTAL
    ]
    return (
        ("The largest that may be shown: withheld figures are left out.",)
        if any(c.withheld for c in rivals)
        else ()
    )


def _level(cube: str, dimension: str, *, code: str, store: Store) -> int:
    """Depth below the total: 0 for totals and lists without one, 1 for parts, 2 for
    parts of parts.
    """
    if dimension in ("state", "year"):
        return 0
    codelist, depth = store.table(cube).dimension(dimension).codelist, 0
    parent = codelist[code].parent
    while parent:
        depth = depth + 1
        parent = codelist[parent].parent
    return depth
