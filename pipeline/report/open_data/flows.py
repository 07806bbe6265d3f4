"""What is a cube in the words of SDMX? Its dataflow, with the components and code lists
that all data forms share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.cells import CONF_LABEL, OBS_LABEL, POPULATION_CUBE, Cell
from pipeline.contracts.codelists import CodeList
from pipeline.contracts.model import Table
from pipeline.contracts.outside import OutsideCube
from pipeline.contracts.scored import CRIME_AREA, PILLAR
from pipeline.report.numbers import csv_value
from pipeline.report.store import Store

AGENCY = "SELEC"
NOT_VALIDATED = "V"  # of CL_OBS_STATUS: a figure under question
FREQUENCY = "A"  # every figure is of a calendar year


@dataclass(frozen=True)
class Item:
    """One code of a list, with the code that it is a part of and the years in which it
    may be used (0, 9999: open).
    """

    code: str
    label: str
    parent: str = ""
    valid_from: int = 0
    valid_to: int = 9999
    note: str = ""
    more: tuple[str, ...] = ()  # what stands in the further columns of its list


@dataclass(frozen=True)
class List:
    """A code list under its SDMX name, for example CL_SEX. `more` are the columns that it
    has beside those of every list.
    """

    id: str
    name: str
    items: tuple[Item, ...]
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Component:
    """A column of the data: dimension, measure or attribute. `codes` is the list that
    its values come from, if any.
    """

    id: str
    name: str
    role: str  # dimension, time, measure, attribute
    codes: List | None = None
    kind: str = "string"  # string, integer, number, year
    required: bool = True
    description: str = ""


@dataclass(frozen=True)
class Flow:
    """One cube as a dataflow: what its figures are, and its columns in their order."""

    id: str
    version: str
    title: str
    description: str
    unit: str
    components: tuple[Component, ...]
    round_: int

    @property
    def reference(self) -> str:
        """How data name their structure: `SELEC:THB_VICTIMS(1.0.0)`."""
        return f"{AGENCY}:{self.id}({self.version})"

    @property
    def dimensions(self) -> tuple[Component, ...]:
        return tuple(c for c in self.components if c.role in ("dimension", "time"))

    def row(self, cell: Cell) -> tuple[str, ...]:
        """A cell as the values of the components. What is withheld has no value and
        says nothing but that it is.
        """
        state, year, *codes = cell.key.codes
        counted = "" if cell.coverage is None else str(cell.coverage)
        of = "" if cell.coverage is None or cell.of is None else str(cell.of)
        doubts = cell.doubts(self.round_)
        doubtful = cell.obs_status == "A" and set(doubts.split()) & {"i", "q"}
        return (
            FREQUENCY,
            state,
            *codes,
            year,
            csv_value(cell),
            NOT_VALIDATED if doubtful else cell.obs_status,
            cell.conf_status,
            cell.unit,
            counted,
            of,
            " ".join(cell.states),
            doubts,
        )


def flows(store: Store) -> list[Flow]:
    """The dataflows of a store's cubes, in the order of the contracts; the reference
    population stands last.
    """
    held = store.cubes()
    found = [_flow(store, t.name) for t in store.contracts.every_table if t.name in held]
    found += [_population(store)] if POPULATION_CUBE in held else []
    return found + [_context(store, c) for c in store.contracts.outside if c.name in held]


def lists(found: Sequence[Flow]) -> list[List]:
    """The code lists of these dataflows, each once, by name."""
    by_id = {c.codes.id: c.codes for flow in found for c in flow.components if c.codes}
    return [by_id[id_] for id_ in sorted(by_id)]


def _flow(store: Store, cube: str) -> Flow:
    table = store.table(cube)
    own = tuple(
        Component(d.name.upper(), d.label, "dimension", _list(d.codelist)) for d in table.dimensions
    )
    version = store.contracts.contract(table.report).version
    return Flow(
        cube,
        version,
        table.title,
        f"{table.description}{_places_told(table)}",
        table.unit,
        tuple(_components(store, own)),
        store.round,
    )


def _places_told(table: Table) -> str:
    """Which word each place of a judgement is: a number alone would say nothing."""
    if table.judged is None:
        return ""
    asked = table.dimension(table.judged.dimension).codelist
    told = [f"{asked.label(code)}: {', '.join(s.words)}" for code, s in table.judged.scales]
    return f" A median is the place of a word, in this order. {'. '.join(told)}."


def _population(store: Store) -> Flow:
    """Inhabitants, which the rates are worked out from: a figure of others that is no
    table of any return.
    """
    return Flow(
        POPULATION_CUBE,
        store.contracts.contract(store.report).version,
        "Inhabitants by state",
        "Reference population of the rates: UN DESA, World Population Prospects 2024.",
        "inhabitants",
        tuple(_components(store, ())),
        store.round,
    )


def _context(store: Store, cube: OutsideCube) -> Flow:
    """Figures that others published, with publisher and release."""
    more = (PILLAR, CRIME_AREA) if cube.scores else ()
    own = tuple(
        Component(d.name.upper(), d.label, "dimension", _list(d.codelist, more=more))
        for d in cube.dimensions
    )
    return Flow(
        cube.name,
        store.contracts.contract(store.report).version,
        cube.title,
        f"Context, no figure of a return: {cube.cited}. {cube.description}",
        cube.unit,
        tuple(_components(store, own, areas=cube.areas)),
        store.round,
    )


def _components(
    store: Store, own: tuple[Component, ...], areas: str = "states"
) -> Iterator[Component]:
    contracts = store.contracts
    yield Component(
        "FREQ", "Frequency", "dimension", List("CL_FREQ", "Frequency", (Item(FREQUENCY, "Annual"),))
    )
    is_state = areas == "states"
    area = _list(
        contracts.codelist(areas),
        "CL_REF_AREA" if is_state else f"CL_{areas.upper()}",
        name="Reference area",
    )
    yield Component("REF_AREA", "Reference area", "dimension", area)
    yield from own
    yield Component("TIME_PERIOD", "Time period", "time", kind="year")
    yield Component(
        "OBS_VALUE",
        "Observation value",
        "measure",
        kind="number",
        required=False,
        description=(
            "Empty where there is no figure to show; OBS_STATUS and CONF_STATUS then say why."
        ),
    )
    obs, conf = (
        tuple(Item(c, _sentence(t)) for c, t in labels.items())
        for labels in (OBS_LABEL, CONF_LABEL)
    )
    yield Component(
        "OBS_STATUS",
        "Observation status",
        "attribute",
        List("CL_OBS_STATUS", "Observation status", obs),
    )
    yield Component(
        "CONF_STATUS",
        "Confidentiality status",
        "attribute",
        List("CL_CONF_STATUS", "Confidentiality status", conf),
        description="F: released. S: withheld, with no difference between the reasons.",
    )
    units = _list(contracts.codelist("unit"), "CL_UNIT_MEASURE", name="Unit of measure")
    yield Component("UNIT_MEASURE", "Unit of measure", "attribute", units)
    yield Component(
        "COUNTED",
        "States counted",
        "attribute",
        kind="integer",
        required=False,
        description="How many states a regional figure adds up; empty for a state's own figure.",
    )
    yield Component(
        "COUNTED_OF", "States that could have reported", "attribute", kind="integer", required=False
    )
    yield Component(
        "COUNTED_AREAS",
        "Codes of the states counted",
        "attribute",
        required=False,
        description="Codes of CL_REF_AREA, parted by blanks.",
    )
    yield Component(
        "MARKS",
        "Marks of doubt",
        "attribute",
        required=False,
        description=(
            "i: in question, a part is larger than its whole, or the figure counts such a whole. q:"
            " its state was asked about it. v: figure of an earlier round. Parted by blanks."
        ),
    )


def _list(codes: CodeList, id_: str = "", *, name: str = "", more: tuple[str, ...] = ()) -> List:
    items = tuple(
        Item(
            c.code,
            c.label,
            c.parent,
            c.valid_from,
            c.valid_to,
            c.note,
            tuple(c.extra.get(column, "") for column in more),
        )
        for c in codes
    )
    words = codes.name.replace("_", " ").capitalize()
    return List(id_ or f"CL_{codes.name.upper()}", name or words, items, more)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
