"""Which judgements may a version for others know? Regional statistics over enough
states, and never who judged.

A judgement that is not released has no line at all: that a state judged a crime area is
itself known to the states alone.
"""

from __future__ import annotations

from pipeline.cells import REGION
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
        and (cell.coverage or 0) >= assessment.min_states
    )
