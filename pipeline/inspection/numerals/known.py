"""What may a version print? Its cells with formulas worked out once more, and the texts
that are not its own.

All of it comes from the version's store, the contracts and the templates; nothing from
the renderer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.cells import OBS_SYMBOL, POPULATION_CUBE, Key
from pipeline.contracts.model import Contracts, Table
from pipeline.contracts.sources import load_sources
from pipeline.inspection.numerals.exceptions import Exceptions, load_exceptions
from pipeline.inspection.numerals.passage import FORMULA, NUMERAL, Passage, claim_years, squeeze
from pipeline.inspection.readback.bindings import Bindings
from pipeline.inspection.readback.values import Register, read_register
from pipeline.inspection.readback.who import LastGiven
from pipeline.report.sources import NOT_NAMED
from pipeline.system.kept import open_database

SYMBOL = "symbol"


@dataclass
class Known:
    """One version of one report in one round."""

    report: str
    version: str
    round_: int
    reference: str
    cutoff: date
    contracts: Contracts
    register: Register
    exceptions: Exceptions
    templates: Path
    # coverage, revisions, findings, sources: as in the store
    tables: dict[str, list[dict[str, Any]]]

    @cached_property
    def bindings(self) -> Bindings:
        return Bindings(self.register, self.contracts, round_=self.round_)

    @cached_property
    def years(self) -> list[str]:
        return [str(y) for y in self.contracts.contract(self.report).years(self.round_)]

    def years_of(self, cube: str) -> list[str]:
        """The years that figures of a cube may be of: those of the window, the editions of
        scores, or those in which experts judged.
        """
        return self._editions.get(cube, self.years)

    @cached_property
    def assessed(self) -> set[str]:
        """The years of which the version holds what experts judged, however long ago."""
        judged = [table.name for table in self.contracts.judged_tables]
        return {year for name in judged for year in self.years_of(name)}

    @cached_property
    def _editions(self) -> dict[str, list[str]]:
        scores = [c.name for c in self.contracts.outside if c.scores]
        judged = [table.name for table in self.contracts.judged_tables]
        found: dict[str, set[str]] = {name: set() for name in (*scores, *judged)}
        for key in self.register.cells:
            cube, _, codes = key.partition(":")
            if cube in found:
                found[cube].add(codes.split(".")[1])
        return {cube: sorted(years) for cube, years in found.items()}

    @property
    def variables(self) -> dict[str, str]:
        first = self.years[0]
        previous = self.years[-2]
        year = self.years[-1]
        last = LastGiven(self.bindings.who)
        window = f"{first}\N{EN DASH}{year}"
        return {
            "year": year,
            "previous": previous,
            "first_year": first,
            "window": window,
            "last": last,
        }

    @property
    def date_text(self) -> str:
        return f"Data received by {self.cutoff.day} {self.cutoff:%B %Y}"

    @cached_property
    def codes(self) -> dict[str, str]:
        """Names of sources, part by part, and the codes that stand for them."""
        named = (p.strip() for s in self.tables["sources"] for p in str(s["source"]).split(";"))
        return load_sources(self.contracts.codelists).in_short(filter(None, named))

    def source_of(self, cubes: Collection[str]) -> str:
        """The codes that a title has to name for its tables; "" for figures of others."""
        if any(c.name in cubes for c in self.contracts.outside):
            return ""
        said = (str(s["source"]) for s in self.tables["sources"] if s["cube"] in cubes)
        parts = {p.strip() for source in said for p in source.split(";")} - {""}
        return ", ".join(self.codes[p] for p in sorted(parts)) or NOT_NAMED

    @cached_property
    def sources(self) -> list[str]:
        """Names of sources, whole and in their parts, longest first."""
        named = {str(s["source"]) for s in self.tables["sources"] if s["source"]}
        named |= {c.cited for c in self.contracts.context(self.report)}
        return sorted(
            named | {p.strip() for n in named for p in n.split(";")}, key=lambda n: (-len(n), n)
        )

    def claim_edition(self, passage: Passage) -> None:
        """Account for how the edition names itself and the one that it replaces, and for
        how many figures it says it corrects.
        """
        edition = self.register.edition
        numbers = [edition.number]
        if edition.replaces:
            counted = squeeze(edition.counted)
            at = passage.bare.find(counted)
            if at >= 0 and (numeral := NUMERAL.match(counted)):
                passage.claim(at, at + numeral.end(), FORMULA, "count of corrections")
            passage.claim_phrase(str(edition.replaces), "edition")
            numbers.append(edition.replaces.number)
        for number in numbers:
            passage.claim_pattern(f"[Ee]dition{number}", "edition")

    def state_label(self, code: str) -> str:
        return self.contracts.codelist("states").label(code)

    def area_label(self, key: Key) -> str:
        """The state of a figure, or the area that others counted."""
        return self.contracts.areas_of(key.cube).label(key.state)

    def cubes(self, named: Iterable[str]) -> list[Table]:
        return [self.contracts.table(c) for c in dict.fromkeys(named) if c and c != POPULATION_CUBE]

    def claim_label(
        self, passage: Passage, cubes: Iterable[str], *, years: list[str] | None = None
    ) -> None:
        """Account for the numerals of a title, a head, a label or a note: what is
        listed for its place, labels of the code lists of its cubes, and years of the
        report's window.
        """
        if not passage.place.startswith(f"{self.report}/"):
            passage.place = f"{self.report}/{passage.place}"
        if not passage.holds_numerals:
            return
        self.exceptions.claim(passage)
        for table in self.cubes(cubes):
            for label in _labels(table):
                passage.claim_pattern(
                    re.escape("".join(label.split())), "code list", what=table.name
                )
                passage.claim_pattern(
                    re.escape("".join(label.lower().split())), "code list", what=table.name
                )
        if years is None:
            editions = [y for t in self.cubes(cubes) for y in self.years_of(t.name)]
            years = [*self.years, *editions]
        claim_years([passage], years)
        symbol = "".join(OBS_SYMBOL["Q"].split())
        passage.claim_pattern(re.escape(symbol), SYMBOL, what="suppressed by the sender")


def _labels(table: Table) -> list[str]:
    """Labels with a digit of the table's code lists, longest first."""
    found = {c.label for d in table.dimensions for c in d.codelist if NUMERAL.search(c.label)}
    found |= {d.label for d in table.dimensions if NUMERAL.search(d.label)}
    return sorted(found, key=lambda text: (-len(text), text))


def read_known(
    templates: Path, contracts: Contracts, *, store: Path, report: str, version: str
) -> Known:
    """Read what a version may print. Raises UserError and its kin where store or lists
    cannot be read.
    """
    from pipeline.report.document.compose import read_definition

    tables: dict[str, list[dict[str, Any]]] = {}
    with open_database(store) as connection:
        for name in ("coverage", "revisions", "findings", "sources", "meta", "conflicts"):
            result = connection.execute(f"select * from {name} order by all")
            columns = [d[0] for d in result.description or ()]
            tables[name] = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    meta = {row["name"]: row["value"] for row in tables["meta"]}
    round_ = int(meta["round"])
    register = read_register(store)
    reference = read_definition(templates, report, version=version).reference.format(year=round_)
    return Known(
        report,
        version,
        round_,
        f"{reference}/{register.edition.number}",
        date.fromisoformat(meta["cutoff"]),
        contracts,
        register,
        load_exceptions(templates),
        templates,
        tables,
    )
