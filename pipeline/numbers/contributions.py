"""Which texts of experts may a version print? Contributions with their evaluation, by
clearance.

A contribution is the note of a line of a table of texts; the words beside it say how
sure it is and who may read it. Versions for others hold it where its sender cleared it
for them, neither a handling code nor the confidentiality of its line binds it, and the
Center cleared that very text; they never say who wrote it. A text that a meeting
amended is another text: it must be cleared as it stands now, and its original is
printed nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.contracts.model import Contracts
from pipeline.contracts.sender_binds import keeps_out
from pipeline.contracts.sources import Sources, as_written, text_hash
from pipeline.numbers.mart_rows import MartCell
from pipeline.numbers.stored_tables import StoredContribution
from pipeline.returns.meetings.kept import Standing, as_amended, closings
from pipeline.returns.meetings.read import AmendmentSheet, Closing
from pipeline.returns.meetings.texts import MIDDLE_DOT, meeting_name


@dataclass(frozen=True)
class Contribution:
    """A text of one state on one topic, with the word of each aspect in the order of the
    form. `clearance` is empty where nobody said who may read it.
    """

    state: str
    area: str
    topic: str
    text: str
    words: tuple[str, ...]
    clearance: str
    is_free: bool  # neither a handling code nor its confidentiality binds it
    said: tuple[str, ...] = ()  # what meetings said of it, for who knows its contributor


def contributions(
    cells: Iterable[MartCell],
    contracts: Contracts,
    *,
    cubes: Collection[str],
    round_: int,
    sheets: Sequence[AmendmentSheet] = (),
) -> Iterator[Contribution]:
    """The texts of a round from these cubes, by crime area and topic in the order of their
    lists, then by state; as they stand after the meetings of these sheets.
    """
    for table in contracts.tables:
        judged = table.judged
        if judged is None or judged.texts is None or table.name not in cubes:
            continue
        closing = closings(sheets)
        lines: dict[tuple[str, str, str], dict[str, int]] = {}
        texts: dict[tuple[str, str, str], str] = {}
        bound: set[tuple[str, str, str]] = set()
        for cell in cells:
            if cell.cube == table.name and cell.year == round_ and cell.note:
                area, topic, aspect = cell.codes
                place = (area, topic, cell.state)
                texts[place] = as_written(cell.note)
                if keeps_out(cell.conf_status, protected=True):
                    bound.add(place)
                if cell.value is not None:
                    lines.setdefault(place, {})[aspect] = int(cell.value)
        order = [[c.code for c in d.codes] for d in table.dimensions[:2]]
        for place in sorted(
            texts, key=lambda p: (order[0].index(p[0]), order[1].index(p[1]), p[2])
        ):
            area, topic, state = place
            given = lines.get(place, {})
            words = {aspect: judged.scale(aspect).word(at) for aspect, at in given.items()}
            handling = words.get(judged.texts.handling, "")
            standing = as_amended(texts[place], (area, topic), sheets)
            yield Contribution(
                state,
                area,
                topic,
                standing.text,
                tuple(words[aspect] for aspect, _ in judged.scales if aspect in words),
                words.get(judged.texts.clearance, ""),
                handling in judged.texts.free and place not in bound,
                _said(standing, closing.get((area, text_hash(standing.text)))),
            )


def _said(standing: Standing, closing: Closing | None) -> tuple[str, ...]:
    """Which meetings amended a text; of a gap, who closes it by when."""
    said = [f"amended at the {meeting_name(number)}" for number in standing.meetings]
    if closing:
        day = date.fromisoformat(closing.day)
        said.append(f"{closing.who} closes it by {day.day} {day:%B %Y}")
    return tuple(said)


def stored_contributions(
    found: Iterable[Contribution],
    contracts: Contracts,
    *,
    told_to: Collection[str] | None,
    sources: Sources,
) -> tuple[StoredContribution, ...]:
    """The texts as a version may hold them: all, with their contributors, where `told_to`
    is None, else those cleared for one of these readers.
    """
    stored = []
    for own in found:
        if told_to is None:
            state = contracts.codelist("states").label(own.state)
            head = MIDDLE_DOT.join((state, *own.words, *own.said))
            stored.append(StoredContribution(own.area, own.topic, own.state, own.text, head))
        elif own.clearance in told_to and own.is_free and sources.is_cleared(own.text):
            stored.append(StoredContribution(own.area, own.topic, "", own.text, ""))
    return tuple(stored)
