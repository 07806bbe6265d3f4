"""Which numerals may stand where without being a statistic? The reviewed list of
exceptions, read and checked.

Each exception is bound to places: `where` holds patterns of
`report/chapter/exhibit/part`. A number that is excused in a legal reference of the
introduction is not excused in a table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from pipeline.errors import ContractError
from pipeline.inspection.numerals.passage import NUMERAL, Passage
from pipeline.system.yaml_files import YamlFile, read_yaml

LIST, SCHEMA = "number_exceptions.yaml", "number_exceptions.schema.json"


@dataclass(frozen=True)
class Excused:
    """One text with digits that is no statistic: its kind, the places where it may
    stand, and why.
    """

    text: str
    kind: str
    where: tuple[str, ...]
    why: str

    def stands_in(self, place: str) -> bool:
        return any(fnmatchcase(place, pattern) for pattern in self.where)


@dataclass(frozen=True)
class Exceptions:
    """The list, longest texts first: `100,000 inhabitants` goes before `100`."""

    listed: tuple[Excused, ...]
    _found: dict[str, tuple[Excused, ...]] = field(default_factory=dict, repr=False, compare=False)

    def at(self, place: str) -> tuple[Excused, ...]:
        """Those that may stand in a place; each place is asked for many times."""
        if place not in self._found:
            self._found[place] = tuple(e for e in self.listed if e.stands_in(place))
        return self._found[place]

    def claim(self, passage: Passage) -> None:
        """Claim what the list excuses in the passage's place."""
        for excused in self.at(passage.place):
            passage.claim_phrase(excused.text, excused.kind, what=excused.why)

    def of_reference(self, text: str, place: str) -> Excused | None:
        """The exception for the whole text of a reference in the narrative."""
        return next((e for e in self.at(place) if e.text == text), None)


def load_exceptions(templates: Path) -> Exceptions:
    """Read templates/shared/number_exceptions.yaml. Raises ContractError with
    everything that is wrong.
    """
    folder = templates / "shared"
    file = read_yaml(folder / LIST)
    content = file.content
    wrong = file.against(
        json.loads((folder / SCHEMA).read_text(encoding="utf-8"))
    ) or _against_sense(file)
    if wrong:
        raise ContractError(
            "\n  ".join(["the list of exceptions is wrong:", *wrong]),
            where=f"templates/shared/{LIST}",
            do="correct the list; docs/how-to/number-audit.md says what an exception needs",
        )
    found = [
        Excused(text, e["kind"], tuple(e["where"]), e["why"])
        for e in content["exceptions"]
        for text in e["texts"]
    ]
    return Exceptions(tuple(sorted(found, key=lambda e: (-len(e.text), e.text))))


def _against_sense(file: YamlFile) -> list[str]:
    """An exception that holds no numeral excuses nothing; one that holds everywhere
    excuses a wrong number.
    """
    wrong = []
    for number, entry in enumerate(file.content["exceptions"]):
        line = f"line {file.line(('exceptions', number))}"
        for text in entry["texts"]:
            if not NUMERAL.search(text):
                wrong.append(f"{line}: '{text}' holds no numeral")
            bare = not any(c.isalpha() for c in text)
            for place in entry["where"]:
                named = [part for part in place.split("/") if part.strip("*")]
                if not named or (bare and len(named) < 2):
                    wrong.append(
                        f"{line}: '{text}' in '{place}': name the chapter or exhibit and the part"
                        " of it"
                    )
    return wrong
