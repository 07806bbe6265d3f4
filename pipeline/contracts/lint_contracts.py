"""Does a contract say what every later step can use, as it reads? Everything that is
wrong, with its line.

First the standard, then the project's own properties, then what both mean together:
columns, lists, sheets, sums.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.cells import TOTAL
from pipeline.contracts.codelists import CodeList, load_codelist
from pipeline.contracts.layout import COVER_SHEET, HELP_SHEET, LISTS_SHEET
from pipeline.contracts.model import ATTRIBUTES
from pipeline.contracts.own_properties import Fault, own_faults, own_of
from pipeline.errors import ContractError
from pipeline.project import ENDING
from pipeline.system.yaml_files import YamlFile, faults, name_of, read_yaml

_TABLE = re.compile("[A-Z][A-Z0-9_]{1,39}")
_COLUMN = re.compile("[a-z][a-z0-9_]{0,39}")
_TAKEN = (COVER_SHEET, HELP_SHEET, LISTS_SHEET, "History")  # the last by Excel itself
_KEY = ("state", "year")
_RESERVED = (*_KEY, *ATTRIBUTES, "value", "table", "cube", "key", "sheet", "cell", "code", "status")
_YEAR_LIST = "year"  # the years of a return follow from its round; there is no file of them


def odcs_schema() -> dict[str, Any]:
    """The JSON schema of the data contract standard, as its package ships it."""
    import open_data_contract_standard

    path = Path(open_data_contract_standard.__file__).parent / "schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def lint_contract(path: Path, codelists: Path | None = None) -> list[str]:
    """Every place where a contract does not follow the standard, says what nobody
    reads, or asks what no step can do.

    Each is a line `file line 12, place: what`; a part that tables share is told once.
    Lists are those beside the contract where no others are given; a contract that has
    none is looked at without them.
    """
    try:
        file = read_yaml(path)
        file.mapping()
    except ContractError as problem:
        return [str(problem)]
    found = (
        list(faults(file.content, odcs_schema())) or [*_read_faults(file)] or [*own_faults(file)]
    )
    lists = codelists or path.parent / "codelists"
    if not found and lists.is_dir():
        found = list(_ContractLint(file, lists).faults())
    return list(dict.fromkeys(f"{name_of(path)} {_place(file, at)}: {what}" for at, what in found))


def lint_together(files: Sequence[Path]) -> list[str]:
    """Tables that stand in two contracts: each has one name, and one place where it is
    asked.
    """
    seen: dict[str, str] = {}
    wrong = []
    for path in files:
        file = read_yaml(path)
        for number, table in enumerate(file.content["schema"]):
            where = f"{name_of(path)} {_place(file, ('schema', number, 'name'))}"
            if (other := seen.setdefault(table["name"].lower(), where)) != where:
                wrong.append(f"{where}: the table {table['name']} stands in {other} too")
    return wrong


def _place(file: YamlFile, at: tuple[Any, ...]) -> str:
    """The line with table and column by name: `line 31, THB_VICTIMS, sex`."""
    names, here = [], file.content
    for step in at:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(here, dict) and isinstance(here.get("name"), str):
            names.append(here["name"])
    own = [step for step in at if isinstance(step, str) and step not in ("schema", "properties")]
    if "customProperties" in at:  # its name stands in what is told
        own = []
    return ", ".join([f"line {file.line(at)}", *names, *own[-1:]])


def _read_faults(file: YamlFile) -> Iterator[Fault]:
    """What the standard leaves open and our forms and reports print: names, titles,
    descriptions, columns.
    """
    content = file.content
    for name in ("name", "dataProduct", "version", "schema"):
        if not content.get(name):
            yield (name,), f"the contract has no {name}"
    described = content.get("description")
    for name in ("purpose", "usage", "limitations"):
        if not isinstance(described, dict) or not described.get(name):
            yield ("description",), f"the description has no {name}"
    for number, table in enumerate(content.get("schema") or ()):
        at = ("schema", number)
        if not _TABLE.fullmatch(table.get("name", "")):
            yield (
                (*at, "name"),
                (
                    f"'{table.get('name', '')}' is no name of a table; use capitals, digits and low"
                    " lines"
                ),
            )
        for name in ("businessName", "description", "properties", "customProperties"):
            if not table.get(name):
                yield at, f"the table has no {name}"
        for own, column in enumerate(table.get("properties") or ()):
            place = (*at, "properties", own)
            if not _COLUMN.fullmatch(column.get("name", "")):
                yield (
                    (*place, "name"),
                    (
                        f"'{column.get('name', '')}' is no name of a column; use small letters,"
                        " digits and low lines"
                    ),
                )
            if not column.get("businessName"):
                yield place, "the column has no businessName, which stands on the form"
    for where, pairs in _pair_lists(content):
        for number, pair in enumerate(pairs):
            if "property" not in pair:
                yield (*where, number), "a pair without 'property'"


def _pair_lists(content: Mapping[str, Any]) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
    yield ("customProperties",), content.get("customProperties") or []
    for number, table in enumerate(content.get("schema") or ()):
        yield ("schema", number, "customProperties"), table.get("customProperties") or []
        for own, column in enumerate(table.get("properties") or ()):
            yield (
                ("schema", number, "properties", own, "customProperties"),
                column.get("customProperties") or [],
            )


class _ContractLint:
    """What is wrong with a contract whose entries all have their form."""

    def __init__(self, file: YamlFile, codelists: Path) -> None:
        self.file, self.codelists = file, codelists
        self.tables: dict[str, Mapping[str, Any]] = {}

    def faults(self) -> Iterator[Fault]:
        content = self.file.content
        report = self.file.path.name.removesuffix(ENDING)
        if own_of(content)["report"] != report:
            yield (
                ("customProperties",),
                f"report is '{own_of(content)['report']}', and the file is that of '{report}'",
            )
        sheets: dict[str, str] = {name.casefold(): name for name in _TAKEN}
        self.tables = {t["name"]: t for t in content["schema"]}
        seen: set[str] = set()
        for number, table in enumerate(content["schema"]):
            at = ("schema", number)
            if table["name"] in seen:
                yield (*at, "name"), f"the table {table['name']} stands twice"
            seen.add(table["name"])
            sheet = own_of(table)["layout"]["sheet"]
            if other := sheets.get(sheet.casefold()):
                yield (
                    at,
                    f"layout, sheet: '{sheet}' is taken by {other}; capitals make no difference",
                )
            sheets[sheet.casefold()] = table["name"]
            yield from self._table(table, at)

    def _table(self, table: Mapping[str, Any], at: tuple[Any, ...]) -> Iterator[Fault]:
        own = own_of(table)
        columns = table["properties"]
        names = [c["name"] for c in columns]
        yield from (
            (at, f"the column '{n}' stands twice")
            for n in sorted({n for n in names if names.count(n) > 1})
        )
        yield from (
            (at, f"there is no column '{n}'") for n in (*_KEY, *ATTRIBUTES) if n not in names
        )
        roles = {c["name"]: own_of(c)["role"] for c in columns}
        measures = [c for c in columns if roles[c["name"]] == "measure"]
        if len(measures) != 1:
            yield at, f"the table has {len(measures)} measures, and one is allowed"
        for name in (*_KEY, *ATTRIBUTES):
            wanted = "dimension" if name in _KEY else "attribute"
            if name in roles and roles[name] != wanted:
                yield (
                    (
                        *at,
                        "properties",
                        names.index(name),
                    ),
                    f"the role of '{name}' is {roles[name]}, not {wanted}",
                )
        for number, column in enumerate(columns):
            place = (*at, "properties", number)
            if roles[column["name"]] == "dimension":
                yield from ((place, what) for what in self._dimension(column))
            elif roles[column["name"]] == "measure":
                yield from ((place, what) for what in _wrong_measure(column))
            elif column["name"] not in ATTRIBUTES:
                yield (
                    place,
                    (
                        f"nobody reads the attribute '{column['name']}'; known are"
                        f" {', '.join(ATTRIBUTES)}"
                    ),
                )
        dimensions = {
            c["name"]: c
            for c in columns
            if roles[c["name"]] == "dimension" and c["name"] not in _KEY
        }
        yield from ((at, what) for what in self._layout(own["layout"], dimensions))
        yield from ((at, what) for what in self._names(table, own))
        yield from (
            (at, what)
            for what in self._identities(table, own.get("identities", ()), dimensions=dimensions)
        )
        yield from ((at, what) for what in _wrong_records(own.get("records"), dimensions))
        first = own.get("firstRound", 0)
        last = own.get("lastRound", 9999)
        if first > last:
            yield (
                at,
                f"firstRound {first} is after lastRound {last}; no round would ask for the table",
            )

    def _dimension(self, column: Mapping[str, Any]) -> Iterator[str]:
        name = column["name"]
        own = own_of(column)
        if name not in _KEY and name in _RESERVED:
            yield f"'{name}' is the name of another column of every table"
        wanted = {"state": "states", "year": _YEAR_LIST}.get(name)
        if "codelist" not in own:
            yield "the dimension lacks the property 'codelist'"
        elif wanted and own["codelist"] != wanted:
            yield f"codelist: '{own['codelist']}' stands where '{wanted}' is meant"
        elif not wanted:
            listed = self._list(own["codelist"])
            if isinstance(listed, str):
                yield f"codelist: {listed}"
                return
            enum = [str(e.get("value")) for e in column.get("enum") or ()]
            yield from (
                f"enum: '{c}' stands twice" for c in sorted({c for c in enum if enum.count(c) > 1})
            )
            yield from (
                f"enum: '{c}' is not in the code list {own['codelist']}"
                for c in enum
                if c not in listed
            )
            if not _reported(listed, enum):
                yield "no code of the dimension could be reported"

    def _list(self, name: str) -> CodeList | str:
        """A code list, or what is wrong with it in one line; a broken one is told by
        itself.
        """
        if not re.fullmatch("[a-z_]+", name) or not (self.codelists / f"{name}.csv").is_file():
            known = ", ".join(sorted(p.stem for p in self.codelists.glob("*.csv")))
            return f"there is no list '{name}'; there are {known}"
        try:
            return load_codelist(self.codelists, name)
        except ContractError as problem:
            return f"the list cannot be used: {problem.where}: {problem.what}"

    def _codes(self, column: Mapping[str, Any]) -> list[str]:
        """The codes of a dimension that may be reported; none where its list is broken."""
        listed = self._list(str(own_of(column).get("codelist", "")))
        if isinstance(listed, str):
            return []
        return _reported(listed, [str(e.get("value")) for e in column.get("enum") or ()])

    def _layout(self, layout: Mapping[str, Any], dimensions: Mapping[str, Any]) -> Iterator[str]:
        placed, wanted = [*layout["rows"], *layout["columns"]], ["year", *dimensions]
        if sorted(placed) != sorted(wanted):
            yield (
                f"layout: it places {', '.join(placed)}; each of {', '.join(wanted)} stands once"
                " in it"
            )
        if "openRows" in layout:
            rows = layout["rows"]
            if len(rows) != 1 or rows[0] not in dimensions:
                yield (
                    "layout: openRows needs one dimension under rows, of which the state chooses"
                    " the codes"
                )
            elif TOTAL not in self._codes(dimensions[rows[0]]):
                yield f"layout: openRows needs a total ({TOTAL}) in the list of {rows[0]}"

    def _names(self, table: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
        """Codes that a table takes from the lists of the project."""
        for name, list_ in (
            ("unit", "unit"),
            ("crimeArea", "crime_area"),
            ("severalFigures", "obs_status"),
        ):
            listed = self._list(list_)
            if name in own and not isinstance(listed, str) and own[name] not in listed:
                there = ", ".join(c.code for c in listed)
                yield f"{name}: '{own[name]}' is not in the code list {list_}; there are {there}"
        if str(table.get("physicalName", table["name"])).lower() != table["name"].lower():
            yield (
                f"physicalName is '{table['physicalName']}', and the table is kept as"
                f" {table['name'].lower()}"
            )

    def _identities(
        self,
        table: Mapping[str, Any],
        identities: Sequence[Mapping[str, Any]],
        *,
        dimensions: Mapping[str, Any],
    ) -> Iterator[str]:
        seen: set[tuple[str, str]] = set()
        for identity in identities:
            own = (identity.get("dimension", ""), identity.get("sameTotalAs", ""))
            if bool(own[0]) == bool(own[1]):
                yield "identities: one has either a dimension with its parts or sameTotalAs"
                continue
            if own in seen:
                yield f"identities: {own[0] or own[1]} stands twice"
            seen.add(own)
            if own[0]:
                yield from self._parts(own[0], dimensions)
            else:
                yield from self._same_total(table, identity, dimensions=dimensions)

    def _parts(self, name: str, dimensions: Mapping[str, Any]) -> Iterator[str]:
        if name not in dimensions:
            yield (
                f"identities: there is no dimension '{name}'; there are"
                f" {', '.join(dimensions) or 'none'}"
            )
        elif TOTAL not in (codes := self._codes(dimensions[name])) and codes:
            yield f"identities: {name} has no total ({TOTAL}) that its parts could add up to"

    def _same_total(
        self,
        table: Mapping[str, Any],
        identity: Mapping[str, Any],
        *,
        dimensions: Mapping[str, Any],
    ) -> Iterator[str]:
        other = self.tables.get(identity["sameTotalAs"])
        if other is None or other is table:
            others = ", ".join(name for name in self.tables if name != table["name"])
            yield (
                f"identities: sameTotalAs names '{identity['sameTotalAs']}'; tables of this report"
                f" are {others}"
            )
            return
        columns = [c for c in other["properties"] if c["name"] not in _KEY]
        theirs = {c["name"]: c for c in columns if own_of(c)["role"] == "dimension"}
        at = identity.get("at", {})
        for name, code in at.items():
            if name not in theirs or code not in self._codes(theirs[name]):
                yield f"identities: {other['name']} has no {name} '{code}', which 'at' names"
        for name in theirs:
            if name not in at and name not in dimensions and TOTAL not in self._codes(theirs[name]):
                yield (
                    f"identities: {name} of {other['name']} has no total; name its code under 'at'"
                )


def _reported(listed: CodeList, enum: Sequence[str]) -> list[str]:
    return [c.code for c in listed if not c.is_group and (not enum or c.code in enum)]


def _wrong_measure(column: Mapping[str, Any]) -> Iterator[str]:
    if column.get("logicalType") not in ("integer", "number"):
        yield (
            f"the logicalType of the measure is {column.get('logicalType')}; integer and number are"
            " allowed"
        )
    options = column.get("logicalTypeOptions") or {}
    for name in ("minimum", "maximum"):
        if name in options and (
            isinstance(options[name], bool) or not isinstance(options[name], int | float)
        ):
            yield f"{name} is {options[name]!r}; a number is allowed"
            return
    if options.get("minimum", 0) < 0:
        yield f"minimum is {options['minimum']}; a figure of a return is 0 or more"
    if options.get("minimum", 0) > options.get("maximum", float("inf")):
        yield f"minimum {options.get('minimum', 0)} is more than maximum {options['maximum']}"


def _wrong_records(
    records: Mapping[str, Any] | None, dimensions: Mapping[str, Any]
) -> Iterator[str]:
    if records is None:
        return
    if not dimensions:
        yield (
            "records: a table without dimensions has no record form: a line of state and year alone"
            " is no record"
        )
    if records.get("sum", "") in (*_KEY, *dimensions, *ATTRIBUTES):
        yield (
            f"records: the column '{records['sum']}' of the record form stands for something else"
            " already"
        )
