"""Does a released file tell who judged what? Looks at its lines of judgements alone.

Judgements are no counts: no sum leads to one, so no counter-table is needed. A file for
others may hold regional statistics of the released kinds, over enough states, with the
true value, and no state; nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from pipeline.cells import REGION, Key
from pipeline.disclosure.prove.facts import JudgedLine, TrueCell


@dataclass(frozen=True)
class JudgedRules:
    """What files for others may hold: these statistics, over so many states at least."""

    statistics: frozenset[str]
    session: str
    min_states: int


MEETING = "MEETING"  # the statistic that a meeting judged


def _behind(true: TrueCell, statistic: str) -> int:
    """How many states stand behind a cell: those that agreed to the judgement of a meeting,
    else those that answered the question that the fewest did.
    """
    if statistic == MEETING:
        return true.agreed
    return min(len({k.state for k in answers}) for answers in _by_question(true))


def _by_question(true: TrueCell) -> list[list[Key]]:
    """The answers behind a cell, those to each question together; one empty list where
    nothing is behind it.
    """
    keys = sorted((Key.parse(k) for k in true.part_keys), key=lambda k: k.codes[-1])
    return [list(own) for _, own in groupby(keys, key=lambda k: k.codes[-1])] or [[]]


def judged_failures(
    lines: Iterable[JudgedLine], truth: Mapping[str, TrueCell], *, rules: JudgedRules
) -> Iterator[tuple[str, str]]:
    """Lines that a file for others must not hold, each with the reason."""
    for line in lines:
        key = Key.parse(line.key)
        true = truth.get(line.key)
        if key.state != REGION:
            yield line.key, "it is a judgement of one state, and the release has a line of it"
        elif key.codes[-1] not in rules.statistics:
            yield line.key, "it is no statistic that is released, and the release has a line of it"
        elif key.codes[3] != rules.session:  # state, year and crime area stand before it
            yield (
                line.key,
                "it is of a session that is not released, and the release has a line of it",
            )
        elif true is None or line.value != true.value:
            yield line.key, "the release has another value than the judgements give"
        elif _behind(true, key.codes[-1]) < rules.min_states:
            yield line.key, "fewer states judged than the policy demands, and the release shows it"
        elif line.states:
            yield line.key, "the release names the states that judged"
