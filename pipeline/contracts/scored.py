"""What do experts of others score, and to which of our crime areas does it belong? The
scale of a cube of scores, and its items by pillar and crime area.

An item is a column of the publisher's table: a criminal market, a kind of actor, or an
indicator of resilience. One that no crime area covers has none, and stays apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pipeline.contracts.codelists import CodeList, load_codelist

MARKET, ACTOR, RESILIENCE = "market", "actor", "resilience"
PILLARS = (MARKET, ACTOR, RESILIENCE)
PILLAR, CRIME_AREA = "pillar", "crime_area"  # columns of the code list of the items


@dataclass(frozen=True)
class Scale:
    """Which scores there are: from `lowest` to `highest`, in steps."""

    lowest: Decimal
    highest: Decimal
    step: Decimal

    def holds(self, score: Decimal) -> bool:
        """Whether a number is a score of the scale."""
        return self.lowest <= score <= self.highest and not (score - self.lowest) % self.step

    @property
    def allowed(self) -> str:
        """The scores in words."""
        return f"{self.lowest} to {self.highest} in steps of {self.step}"


@dataclass(frozen=True)
class Item:
    """What is scored; `crime_area` is empty where none of ours covers it. It stands in
    the editions from `since` to `until`, both ends included.
    """

    code: str
    label: str
    pillar: str
    crime_area: str
    since: int
    until: int

    def is_in(self, edition: int) -> bool:
        """Whether an edition scores it."""
        return self.since <= edition <= self.until


def items_of(codes: CodeList) -> tuple[Item, ...]:
    """The items of a list, in its order."""
    return tuple(
        Item(
            c.code,
            c.label,
            c.extra.get(PILLAR, ""),
            c.extra.get(CRIME_AREA, ""),
            c.valid_from,
            c.valid_to,
        )
        for c in codes
    )


def chosen_items(
    codes: CodeList, pillars: Collection[str], *, crime_areas: Collection[str] = ()
) -> tuple[Item, ...]:
    """The items of these pillars in these crime areas, in all and in none where none is
    named.
    """
    own = (i for i in items_of(codes) if i.pillar in pillars)
    return tuple(i for i in own if not crime_areas or i.crime_area in crime_areas)


def wrong_items(lists: Path, name: str) -> Iterator[str]:
    """What is wrong with the list of the items of a cube of scores."""
    areas = load_codelist(lists, CRIME_AREA)
    for item in items_of(load_codelist(lists, name)):
        place = f"codelists/{name}.csv, {item.code}"
        if item.pillar not in PILLARS:
            yield f"{place}: the pillar is '{item.pillar}'; allowed: {', '.join(PILLARS)}"
        if item.crime_area and item.crime_area not in areas:
            allowed = ", ".join(c.code for c in areas)
            yield f"{place}: there is no crime area '{item.crime_area}'; allowed: {allowed} or none"
