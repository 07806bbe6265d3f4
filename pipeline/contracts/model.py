"""What does a contract ask for? ODCS contracts read into tables, dimensions and
identities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from pipeline.cells import TOTAL, Key, is_judged, is_outside
from pipeline.contracts.codelists import Code, CodeList, load_codelist
from pipeline.contracts.outside import STATES, OutsideCube, load_outside
from pipeline.contracts.scales import JudgedTable, Scale, load_assessment
from pipeline.contracts.scored import Scale as ScoreScale
from pipeline.errors import ContractError, UserError
from pipeline.findings import Severity
from pipeline.project import ENDING, collected_in
from pipeline.system.yaml_files import read_yaml

ATTRIBUTES = ("obs_status", "conf_status", "note")
LAST_ROUND = 9999
LONGEST_TEXT = 8000  # characters of a text of a return that are searched for data of persons
STATISTICS = "judged"  # the code list of what is worked out of judgements
LEVEL = "LEVEL"  # the statistic that is a level of threat, as scores suggest it
MEETING = "MEETING"  # the level of threat that the meeting of experts judged
WORDS = ("MEDIAN_LOW", "MEDIAN_HIGH", "LOWEST", "HIGHEST")  # those that are words of the scale
OF_REGION = "_SEE"  # behind the name of a table of judgements: what is worked out of it
_HOW_TO_FIND = "run 'make check', which names the line of everything that is wrong with a contract"


@dataclass(frozen=True)
class Dimension:
    """A dimension of a cube beside state and year, with the code list it takes its
    codes from.
    """

    name: str
    label: str
    codelist: CodeList
    enum: tuple[str, ...] = ()  # the subset of the list this table uses; empty means all

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """Codes that may be reported, in order. Groups are worked out by the models,
        never reported.
        """
        return tuple(
            c for c in self.codelist if not c.is_group and (not self.enum or c.code in self.enum)
        )

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(c.code for c in self.codes)

    def codes_for(self, state: str, years: range) -> list[Code]:
        return [c for c in self.codes if c.valid_for(state) and any(c.valid_in(y) for y in years)]

    @property
    def has_total(self) -> bool:
        return TOTAL in self._names

    def parent_of(self, code: Code) -> str:
        """The code that it is a part of; a part of a group is a part of what the group
        belongs to.
        """
        parent = code.parent
        while parent and parent not in self._names:
            parent = self.codelist[parent].parent
        return parent

    def children(self, code: str) -> list[Code]:
        return [c for c in self.codes if c.parent == code]


@dataclass(frozen=True)
class Identity:
    """What must add up: the parts of `dimension` to their total, or the table's total
    to that of another table, there at the codes `at`, pairs of a dimension and its
    code.
    """

    severity: Severity
    dimension: str = ""
    parts: Literal["equal", "at_most", ""] = ""
    same_total_as: str = ""
    # figures are rounded to multiples of this, so parts may miss their total by half of
    # it each
    rounding: int = 0
    at: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Layout:
    """How the table is laid out on its sheet: which dimensions go down and which
    across.
    """

    sheet: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    open_rows: int = (
        0  # lines for codes that the state chooses itself; 0 means every code has its line
    )


@dataclass(frozen=True)
class Records:
    """How a table may be sent as records. `quantity` is the column to add up; empty
    where the rows are counted.
    """

    one: str  # what one row is: "one row per victim"
    quantity: str = ""


@dataclass(frozen=True)
class Table:
    """One contract table, which is one cube: dimensions, one measure with its unit,
    attributes.
    """

    name: str
    report: str
    title: str
    description: str
    grain: str
    measure: str
    crime_area: str
    unit: str
    iccs: str
    respondent: Literal["states", "center", "others"]
    decimals: int
    minimum: float
    maximum: float
    dimensions: tuple[Dimension, ...]
    identities: tuple[Identity, ...]
    layout: Layout
    change_percent: float
    change_absolute: float
    change_severity: Severity
    records: Records | None = None  # None where the table is sent as totals only
    first_round: int = 0  # the rounds in which it is asked, both included
    last_round: int = LAST_ROUND
    several_figures: str = (
        ""  # the status that says: the source gives several figures, the value is the largest
    )
    judged: JudgedTable | None = None  # where it is answered in words of scales
    longest_note: int = 1000  # characters

    @property
    def sql_name(self) -> str:
        return self.name.lower()

    def is_asked(self, round_: int) -> bool:
        """Whether a round asks for the table. A round that does not has no form, no
        rule and no exhibit of it.
        """
        return self.first_round <= round_ <= self.last_round

    @property
    def key_dimensions(self) -> tuple[str, ...]:
        return ("state", "year", *(d.name for d in self.dimensions))

    def dimension(self, name: str) -> Dimension:
        for d in self.dimensions:
            if d.name == name:
                return d
        raise ContractError(
            f"{self.name} has no dimension '{name}'",
            allowed=", ".join(self.key_dimensions),
            do="correct the name where it is used",
        )

    def key(self, codes: dict[str, str]) -> Key:
        """The key of a cell from the code of each dimension."""
        return Key(self.name, tuple(codes[d] for d in self.key_dimensions))

    def scale_of(self, codes: tuple[str, ...]) -> Scale | None:
        """The scale of the answer with these codes of the key; None where it is a number."""
        if self.judged is None:
            return None
        return self.judged.scale(codes[self.key_dimensions.index(self.judged.dimension)])

    @property
    def rounding(self) -> int:
        """The step to which the figures of the table are rounded, 0 where they are not."""
        return max((i.rounding for i in self.identities), default=0)

    def total_key(self, state: str, year: int) -> Key:
        """The key with every dimension at its total, or at its only code where there is
        none.
        """
        return Key(self.name, (state, str(year), *(TOTAL for _ in self.dimensions)))


@dataclass(frozen=True)
class Contract:
    """One report's contract: its identity, its texts and its tables."""

    report: str
    name: str
    title: str
    version: str
    purpose: str
    usage: str
    limitations: str
    window_years: int
    tables: tuple[Table, ...]
    path: Path

    def tables_of(self, round_: int) -> list[Table]:
        """The tables that a round asks for."""
        return [t for t in self.tables if t.is_asked(round_)]

    def years(self, round_: int) -> range:
        """The years a return of this round restates: the reference year and those
        before it.
        """
        return range(round_ - self.window_years + 1, round_ + 1)


class Contracts:
    """All contracts of the project, their tables by name, and the code lists beside
    them.
    """

    def __init__(
        self, contracts: list[Contract], codelists: Path, outside: Iterable[OutsideCube] = ()
    ) -> None:
        self.by_report = {c.report: c for c in contracts}
        self.codelists = codelists
        self.outside = tuple(outside)  # what others published, which no state is asked for
        self._tables = {t.name: t for c in contracts for t in c.tables}
        self._outside = {c.name: _table_of(c) for c in self.outside}
        self.assessment = load_assessment(codelists.parent)
        # What is worked out of judgements, which no state is asked for.
        self._judged = {
            t.name: t
            for t in (
                _of_region(own, load_codelist(codelists, STATISTICS))
                for own in self._tables.values()
                if own.judged and not own.judged.is_texts
            )
        }
        self._areas = {c.name: c.areas for c in self.outside}
        self._scored = {c.name: c.scores for c in self.outside if c.scores}

    def __iter__(self) -> Iterator[Contract]:
        return iter(self.by_report.values())

    @property
    def folder(self) -> Path:
        """The folder that contracts and code lists lie in."""
        return self.codelists.parent

    @property
    def tables(self) -> list[Table]:
        """Every table of every contract, also those that some rounds do not ask for."""
        return list(self._tables.values())

    @property
    def judged_tables(self) -> list[Table]:
        """The cubes of what is worked out of judgements, one for each table of them."""
        return list(self._judged.values())

    @property
    def every_table(self) -> list[Table]:
        """What states are asked for, and what is worked out of their judgements: every cube
        that is no figure of others.
        """
        return [*self.tables, *self.judged_tables]

    def tables_of(self, round_: int) -> list[Table]:
        """The tables that a round asks for."""
        return [t for t in self.tables if t.is_asked(round_)]

    def context(self, report: str) -> list[OutsideCube]:
        """The figures of others that a report prints beside its own."""
        return [c for c in self.outside if report in c.reports]

    def table(self, name: str) -> Table:
        """A table of a contract, or a cube of context. Raises UserError where there is
        none of that name.
        """
        if name in self._outside:
            return self._outside[name]
        if name in self._judged:
            return self._judged[name]
        if name not in self._tables:
            raise UserError(
                f"there is no table '{name}'",
                allowed=", ".join(self._tables),
                do="use one of these names",
            )
        return self._tables[name]

    def contract(self, report: str) -> Contract:
        if report not in self.by_report:
            raise UserError(f"there is no report '{report}'", allowed=", ".join(self.by_report))
        return self.by_report[report]

    def codelist(self, name: str) -> CodeList:
        return load_codelist(self.codelists, name)

    def word_of(self, key: Key, value: Decimal | None) -> str:
        """What the place of a judgement on its scale is called; empty for a number."""
        table = self.table(key.cube) if is_judged(key.cube) else None
        if table is None or table.judged is None or value is None or self.assessment is None:
            return ""
        statistic = key.codes[-1] if key.cube in self._judged else ""
        if statistic in (LEVEL, MEETING):
            return self.assessment.levels.word(int(value))
        if statistic and statistic not in WORDS:
            return ""
        return table.judged.scale(
            key.codes[table.key_dimensions.index(table.judged.dimension)]
        ).word(int(value))

    @property
    def areas_judged(self) -> list[str]:
        """The crime areas that experts are asked to score; none where nobody is asked."""
        if self.assessment is None:
            return []
        return [c.code for c in self.table(self.assessment.scored).dimension("area").codes]

    def areas_of(self, cube: str) -> CodeList:
        """What the first code of a key is of: states, or areas of others."""
        return self.codelist(self._areas.get(cube, STATES))

    def is_scored(self, cube: str) -> bool:
        """Whether a cube holds scores of others: by edition, and never added up."""
        return cube in self._scored

    def scale_of_scores(self, cube: str) -> ScoreScale | None:
        """The scale of the scores in a cube; None where it holds others."""
        return self._scored.get(cube)

    def members(self, year: int) -> list[Code]:
        """The member states of a year, in the Center's official order."""
        return [c for c in self.codelist("states") if c.parent and c.valid_in(year)]

    def check_key(self, key: Key) -> Table:
        """The table a key belongs to. Raises UserError when a code is not in the
        dimension's list.
        """
        table = self.table(key.cube)
        if len(key.codes) != len(table.key_dimensions):
            raise UserError(
                f"key {key} has {len(key.codes)} codes",
                allowed=f"{key.cube}:{'.'.join(table.key_dimensions)}",
                do="give one code per dimension",
            )
        self.areas_of(key.cube)[key.state]
        if not key.codes[1].isdigit():
            raise UserError(
                f"'{key.codes[1]}' in {key} is not a year", allowed="four digits, for example 2022"
            )
        for dim, code in zip(table.dimensions, key.codes[2:], strict=True):
            dim.codelist[code]
        return table


def _table_of(cube: OutsideCube) -> Table:
    """A cube of context as a table: it has dimensions, a unit and a title, and no form,
    no rule and no question.
    """
    return Table(
        name=cube.name,
        report=cube.reports[0],
        title=cube.title,
        description=cube.description,
        grain="",
        measure=cube.title,
        crime_area="",
        unit=cube.unit,
        iccs="",
        respondent="others",
        decimals=0,
        minimum=0,
        maximum=float("inf"),
        dimensions=tuple(Dimension(d.name, d.label, d.codelist) for d in cube.dimensions),
        identities=(),
        layout=Layout("", (), ()),
        change_percent=0,
        change_absolute=0,
        change_severity="note",
    )


def _of_region(table: Table, statistics: CodeList) -> Table:
    """The cube of what is worked out of a table of judgements: its dimensions, and the
    statistic as the last one.
    """
    own = tuple(replace(d, enum=()) for d in table.dimensions)
    return replace(
        table,
        name=f"{table.name}{OF_REGION}",
        title=f"{table.title}, over the states that judged",
        respondent="others",
        dimensions=(*own, Dimension("statistic", "Statistic", statistics)),
        layout=Layout("", (), ()),
        judged=table.judged,
    )


def _custom(properties: Any) -> dict[str, Any]:
    return {p.property: p.value for p in properties or []}


def _read_dimension(prop: Any, folder: Path) -> Dimension:
    enum = tuple(str(e.value) for e in prop.enum or [])
    codelist = load_codelist(folder, _custom(prop.customProperties)["codelist"])
    for code in enum:
        codelist[code]
    return Dimension(prop.name, prop.businessName or prop.name, codelist, enum)


def _read_records(value: Any) -> Records | None:
    if value is None:
        return None
    if ("sum" in value) == (value.get("count") == "rows"):
        raise ValueError("records: give either 'count: rows' or 'sum: <column>'")
    return Records(str(value["one"]), str(value.get("sum", "")))


def _read_rounds(table: str, own: dict[str, Any]) -> tuple[int, int]:
    """The first and the last round in which a table is asked; every round where the
    contract says neither.
    """
    first = own.get("firstRound", 0)
    last = own.get("lastRound", LAST_ROUND)
    for name, value in (("firstRound", first), ("lastRound", last)):
        if name in own and (type(value) is not int or not 2000 <= value < LAST_ROUND):
            raise ValueError(
                f"{table}: {name} is {value!r}; it must be a round, four digits such as 2023"
            )
    if first > last:
        raise ValueError(
            f"{table}: firstRound {first} is after lastRound {last}; no round would ask for the"
            " table"
        )
    return first, last


def _read_table(schema: Any, report: str, *, folder: Path) -> Table:
    own = _custom(schema.customProperties)
    assessment = load_assessment(folder.parent)
    first, last = _read_rounds(schema.name, own)
    roles = {p.name: _custom(p.customProperties).get("role", "") for p in schema.properties}
    measures = [p for p in schema.properties if roles[p.name] == "measure"]
    if len(measures) != 1:
        raise ContractError(
            f"table {schema.name} has {len(measures)} measures", allowed="exactly one"
        )
    measure = measures[0]
    layout = own["layout"]
    change = own["plausibility"]
    dimensions = [
        p
        for p in schema.properties
        if roles[p.name] == "dimension" and p.name not in ("state", "year")
    ]
    options = measure.logicalTypeOptions or {}
    identities = tuple(
        Identity(
            i["severity"],
            i.get("dimension", ""),
            i.get("parts", ""),
            i.get("sameTotalAs", ""),
            i.get("rounding", 0),
            tuple((str(d), str(c)) for d, c in i.get("at", {}).items()),
        )
        for i in own.get("identities", [])
    )
    return Table(
        name=schema.name,
        report=report,
        title=schema.businessName,
        description=schema.description,
        grain=schema.dataGranularityDescription or "",
        measure=measure.businessName,
        crime_area=own["crimeArea"],
        unit=own["unit"],
        iccs=str(own.get("iccs", "")),
        respondent=own.get("respondent", "states"),
        decimals=0 if measure.logicalType == "integer" else 3,
        minimum=options.get("minimum", 0),
        maximum=options.get("maximum", float("inf")),
        dimensions=tuple(_read_dimension(p, folder) for p in dimensions),
        identities=identities,
        layout=Layout(
            layout["sheet"],
            tuple(layout["rows"]),
            tuple(layout["columns"]),
            layout.get("openRows", 0),
        ),
        change_percent=change["changePercent"],
        change_absolute=change["changeAbsolute"],
        change_severity=change["severity"],
        records=_read_records(own.get("records")),
        first_round=first,
        last_round=last,
        several_figures=own.get("severalFigures", ""),
        judged=assessment.tables.get(schema.name) if assessment else None,
        longest_note=_longest_note(schema),
    )


def _longest_note(schema: Any) -> int:
    """How many characters a note of the table may have."""
    notes = [p.logicalTypeOptions or {} for p in schema.properties if p.name == "note"]
    longest = int(notes[0].get("maxLength", Table.longest_note)) if notes else Table.longest_note
    if longest > LONGEST_TEXT:
        raise ValueError(
            f"{schema.name}: a note of {longest:,} characters is longer than what is searched for"
            f" data of persons, {LONGEST_TEXT:,}"
        )
    return longest


def _read_contract(path: Path, folder: Path) -> Contract:
    from open_data_contract_standard.model import OpenDataContractStandard

    content = read_yaml(path).mapping()
    try:
        odcs = OpenDataContractStandard.model_validate(content)
        own = _custom(odcs.customProperties)
        return Contract(
            report=own["report"],
            name=odcs.name or "",
            title=odcs.dataProduct or "",
            version=odcs.version or "",
            purpose=odcs.description.purpose or "",
            usage=odcs.description.usage or "",
            limitations=odcs.description.limitations or "",
            window_years=int(own["windowYears"]),
            tables=tuple(_read_table(s, own["report"], folder=folder) for s in odcs.schema_),
            path=path,
        )
    except KeyError as problem:
        raise ContractError(
            f"the contract lacks {problem}", where=path.name, do=_HOW_TO_FIND
        ) from problem
    except (TypeError, ValueError, AttributeError) as problem:
        raise ContractError(
            f"the contract cannot be read: {problem}", where=path.name, do=_HOW_TO_FIND
        ) from problem


def _check_link(table: Table, identity: Identity, *, other: Table) -> None:
    """Raise ContractError where `at` does not say which figure of the other table is
    meant.
    """
    known = {d.name: [c.code for c in d.codes] for d in other.dimensions}
    for dimension, code in identity.at:
        if code not in known.get(dimension, []):
            raise ContractError(
                f"{table.name} has the same total as {other.name} at {dimension} '{code}', which is"
                " not there",
                where=f"{table.report}{ENDING}",
                allowed=", ".join(known.get(dimension, [])) or ", ".join(known),
                do="correct 'at' of the identity",
            )
    own = {d.name for d in table.dimensions} | {d for d, _ in identity.at}
    open_ = [d.name for d in other.dimensions if not d.has_total and d.name not in own]
    if other.report != table.report or open_:
        raise ContractError(
            f"{table.name} cannot have the same total as {other.name}: "
            + (f"{', '.join(open_)} has no total" if open_ else "it is a table of another report"),
            where=f"{table.report}{ENDING}",
            allowed="a table of the same report, with 'at' for what has no total there",
            do="name the code under 'at', or take the identity out",
        )


def _check_scales(table: Table) -> None:
    """Raise ContractError where a table is answered in words and does not say which, or
    is called like one that is and is not.
    """
    if is_judged(table.name) != (table.judged is not None):
        raise ContractError(
            f"{table.name} is called like a table of judgements and has no scales"
            if table.judged is None
            else f"the table of judgements {table.name} is called like one of counts",
            where=f"{table.report}{ENDING}",
            allowed="ASM_ before the names of tables in assessment.yaml, and of no others",
            do="give the table another name, or its scales in assessment.yaml",
        )
    if table.judged is None:
        return
    places = [d.name for d in table.dimensions]
    if not table.judged.is_texts and places != ["area", "session", table.judged.dimension]:
        raise ContractError(
            f"{table.name} has the dimensions {', '.join(places)}",
            where=f"{table.report}{ENDING}",
            allowed=f"area, session, {table.judged.dimension}, in this order",
            do="give a table of judgements these dimensions",
        )
    asked = {c.code for c in table.dimension(table.judged.dimension).codes}
    known = {code for code, _ in table.judged.scales}
    if wrong := sorted(asked ^ known):
        raise ContractError(
            f"{table.name}: {', '.join(wrong)} is "
            + ("asked without a scale" if wrong[0] in asked else "no question of the table"),
            where="assessment.yaml",
            allowed=", ".join(sorted(asked)),
            do="give each question of the table one scale",
        )


def link_of(table: Table) -> Identity | None:
    """The identity by which a table counts the same as another one, where there is one."""
    return next((i for i in table.identities if i.same_total_as), None)


@lru_cache(maxsize=8)
def load_contracts(folder: Path) -> Contracts:
    """Read every contract of the project, in the order of its reports. `folder` is
    data_contracts, which lies beside the templates. Raises ContractError.
    """
    names = collected_in(folder, folder.parent / "templates")
    return read_contracts([folder / f"{name}{ENDING}" for name in names], folder / "codelists")


def read_contracts(files: Iterable[Path], codelists: Path) -> Contracts:
    """Read contracts from their files, with the code lists of a folder. Raises
    ContractError.
    """
    contracts = Contracts(
        [_read_contract(path, codelists) for path in files],
        codelists,
        load_outside(codelists.parent),
    )
    for table in contracts.tables:
        if is_outside(table.name):
            # its figures would be taken for public ones of others
            raise ContractError(
                f"no table of a return may be called {table.name}",
                where=f"{table.report}{ENDING}",
                allowed="names that begin otherwise than those of figures of others",
                do="give the table another name",
            )
        _check_scales(table)
        for identity in table.identities:
            if identity.dimension:
                table.dimension(identity.dimension)
            if identity.same_total_as:
                _check_link(table, identity, other=contracts.table(identity.same_total_as))
        if sorted(table.layout.rows + table.layout.columns) != sorted(table.key_dimensions[1:]):
            raise ContractError(
                f"the layout of {table.name} does not place every dimension once",
                allowed=", ".join(table.key_dimensions[1:]),
                do="name each under layout.rows or layout.columns",
            )
    return contracts
