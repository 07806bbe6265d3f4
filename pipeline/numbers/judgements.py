"""Which judgements may a version for others know? Regional statistics over enough
states, and never who judged.

A judgement that is not released has no line at all: that a state judged a crime area is
itself known to the states alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pipeline.cells import REGION, Key
from pipeline.contracts.model import MEETING
from pipeline.contracts.scales import Assessment
from pipeline.numbers.mart_rows import MartCell

SESSION = 1  # the place of the session among the codes, behind the crime area


def is_released(cell: MartCell, assessment: Assessment | None) -> bool:
    """Whether a cell of judgements may be shown to others."""
    return (
        assessment is not None
        and cell.state == REGION
        and cell.codes[SESSION] == assessment.session
        and cell.codes[-1] in assessment.statistics
        and _stand_behind(cell) >= assessment.min_states
    )


def _stand_behind(cell: MartCell) -> int:
    """How many states stand behind a cell: of a meeting's judgement those that agreed."""
    if cell.codes[-1] == MEETING:
        return len(cell.states or ())
    return fewest_behind(cell.part_keys or ())


def fewest_behind(part_keys: Iterable[str]) -> int:
    """How many states answered the question behind a cell that the fewest answered: a level
    of threat rests on several, and one of them may be the word of a single state.
    """
    states: dict[str, set[str]] = defaultdict(set)
    for key in map(Key.parse, part_keys):
        states[key.codes[-1]].add(key.state)
    return min(map(len, states.values()), default=0)
