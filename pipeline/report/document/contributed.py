"""How is it set out what experts wrote? By topic, letter for letter, each text with
who says it and how sure it is.

Texts of senders are data: nothing in them is filled in, bound or run, and they are
printed as text.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.report.exhibits.judged_cells import SCORES, in_sentence, place_word
from pipeline.report.ledger import Sentence
from pipeline.report.printing import Printing

SECTION = "contributions"  # in the place of a sentence: contributions.DRUGS.ROUTES.1
DECIDED = "decisions"  # decisions.DRUGS.level.1
TABLE = "ASM_TEXTS"


@dataclass(frozen=True)
class Topic:
    """A topic of a crime area: its name, empty where a heading says it, and pairs of a text
    and its head; the head is empty where the version does not say who wrote it.
    """

    name: str
    texts: tuple[tuple[str, str], ...]


def has_contributions(store: Printing, areas: Collection[str], topics: Collection[str]) -> bool:
    """Whether the version may print a text on one of these topics of these crime areas."""
    return any(own.area in areas and own.topic in topics for own in store.contributions)


def write_contributions(
    store: Printing, areas: Collection[str], topics: Collection[str] = ()
) -> list[Topic]:
    """The texts of these crime areas on these topics, on all where none is named, each noted
    as printed.
    """
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for own in store.contributions:
        if own.area in areas and (not topics or own.topic in topics):
            found.setdefault((own.area, own.topic), []).append((own.text, own.head))
    written = []
    for (area, topic), texts in found.items():
        for number, pair in enumerate(texts, 1):
            for text in filter(None, pair):
                store.note(Sentence(text, text, f"{SECTION}.{area}.{topic}.{number}", text, {}))
        name = _name(store, area if len(areas) > 1 else "", topic if len(topics) != 1 else "")
        written.append(Topic(name, tuple(texts)))
    return written


def _name(store: Printing, area: str, topic: str) -> str:
    """What a reader cannot take from the heading above: the crime area of several, the topic
    of several.
    """
    named = store.label(TABLE, "area", code=area) if area else ""
    what = store.label(TABLE, "topic", code=topic) if topic else ""
    return f"{named}: {in_sentence(what)}" if named and what else named or what


def write_decisions(store: Printing, kind: str, areas: Collection[str]) -> list[Topic]:
    """Why meetings judged these crime areas as they did, or why areas were chosen, in the
    order of the choice, each text noted as printed; of all areas where none is named.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    places: dict[str, int] = {}
    for own in store.decisions:
        if own.kind == kind and (not areas or own.area in areas):
            found.setdefault(own.area, []).append((own.reason, own.head))
            places[own.area] = own.place
    topics = []
    last = list(found)[-1:]
    for area, texts in found.items():
        if places[area] and [area] != last:  # all were chosen by the same, who are named once
            texts = [(reason, "") for reason, _ in texts]
        name = store.label(SCORES, "area", code=area)
        if places[area]:
            name = f"{place_word(places[area]).capitalize()}: {in_sentence(name)}"
        elif len(areas) == 1:  # the chapter is of this area
            name = "Why the meeting judged so"
        for number, pair in enumerate(texts, 1):
            for text in filter(None, pair):
                place = f"{DECIDED}.{area}.{kind}.{number}"
                store.note(Sentence(text, text, place, text, {}))
        topics.append(Topic(name, tuple(texts)))
    return topics
