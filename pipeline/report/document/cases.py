"""How is a case told? Its box: name, states, text and source, with every number that it
binds.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from pipeline.errors import UserError
from pipeline.numbers.stored_tables import StoredCaseFact
from pipeline.report.ledger import Sentence
from pipeline.report.numbers import number_text
from pipeline.report.printing import Printing
from pipeline.report.store import Store

SECTION = "cases"  # in the place of a sentence: cases.discussion.1
_BINDING = re.compile(r"\[\[(case \S+ \S+)\]\]")
_HALVES = {"H1": "the first half of", "H2": "the second half of"}


@dataclass(frozen=True)
class CaseBox:
    """A case as it is set out: plain texts."""

    title: str
    head: str
    paragraphs: tuple[str, ...]
    cited: str


def has_cases(store: Store, areas: Collection[str]) -> bool:
    """Whether this version tells a case of one of these crime areas, of any without."""
    return any(not areas or c.crime_area in areas for c in store.cases)


def write_cases(store: Printing, areas: Collection[str]) -> list[CaseBox]:
    """The cases of these crime areas, all without, each of its sentences noted as printed.
    Raises UserError where a text binds to nothing.
    """
    facts = {f"case {f.case_id} {f.name}": f for f in store.case_facts}
    boxes = []
    for case in store.cases:
        if areas and case.crime_area not in areas:
            continue
        written = (case.title, case.head, *case.paragraphs, case.cited)
        said = []
        for number, text in enumerate(written, 1):
            said.append(_printed(text, facts))
            place = f"{SECTION}.{case.case_id}.{number}"
            store.note(Sentence(text, said[-1], place, text, {}))
        title, head, *paragraphs, cited = said
        boxes.append(CaseBox(title, head, tuple(paragraphs), cited))
    return boxes


def _printed(text: str, facts: dict[str, StoredCaseFact]) -> str:
    def said(match: re.Match[str]) -> str:
        if match[1] not in facts:
            raise UserError(
                f"'[[{match[1]}]]' binds to nothing",
                allowed=", ".join(facts),
                do="bind to a result or a date of the case",
            )
        return fact_text(facts[match[1]])

    return _BINDING.sub(said, text)


def fact_text(fact: StoredCaseFact) -> str:
    """What is printed for a fact: `11`, `10 August 2018`, `the second half of 2017`, or its
    words.
    """
    if fact.value is not None:
        exponent = fact.value.normalize().as_tuple().exponent
        return number_text(fact.value, max(0, -int(exponent)))
    return time_text(fact.day) if fact.day else fact.said


def time_text(time: str) -> str:
    """`10 August 2018` of a day; of a month, a half or a whole year no more than is known."""
    year, *rest = time.split("-")
    if not rest:
        return year
    if rest[0] in _HALVES:
        return f"{_HALVES[rest[0]]} {year}"
    month, day = (*map(int, rest), 0)[:2]
    name = f"{date(int(year), month, 1):%B} {year}"
    return f"{day} {name}" if day else name
