"""What may a version say of the decisions of meetings?

Why a level was judged, and which priorities were chosen. The level itself is a cell;
here stand the reasons, each with a head that says who decided it when. Versions for
others never hold the names of states, and hold a reason only where it was cleared for
them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from pipeline.contracts.codelists import in_running_text
from pipeline.contracts.model import Contracts
from pipeline.numbers.stored_tables import StoredDecision
from pipeline.returns.meetings.papers import Meeting
from pipeline.returns.meetings.recorded import Decisions

OF_LEVEL, OF_PRIORITY = "level", "priority"  # what a reason is of


def stored_decisions(
    decided: Decisions,
    contracts: Contracts,
    *,
    told_to: Collection[str] | None,
    shown: Collection[str],
) -> tuple[StoredDecision, ...]:
    """Decisions as a version may hold them: all, with who agreed, where `told_to` is None,
    else what was cleared for one of these readers, of levels only those of the crime areas
    whose level is `shown`.
    """
    order = {area: number for number, area in enumerate(contracts.areas_judged)}
    levels = _all_levels(decided, contracts) if told_to is None else _told(decided, told_to, shown)
    found = [*levels, *_priorities(decided, told_to)]
    return tuple(sorted(found, key=lambda d: (d.kind, d.place, order[d.area], d.paper)))


def _all_levels(decided: Decisions, contracts: Contracts) -> Iterator[StoredDecision]:
    """Every level that a meeting of the round judged, also where a later one judged anew."""
    settings = contracts.assessment
    assert settings is not None, "papers of meetings are read with the scales"
    for met in decided.meetings:
        for own in met.levels:
            agreed = _agreed(met, own.agreed, contracts)
            head = f"{_meeting(met)}: {settings.levels.word(own.level)}, agreed by {agreed}"
            yield StoredDecision(OF_LEVEL, own.area, 0, met.name, own.reason, head)


def _agreed(met: Meeting, agreed: Collection[str], contracts: Contracts) -> str:
    if set(agreed) == set(met.states):
        return "all states that took part"
    names = contracts.codelist("states")
    return ", ".join(in_running_text(names.label(state)) for state in agreed)


def _told(
    decided: Decisions, told_to: Collection[str], shown: Collection[str]
) -> Iterator[StoredDecision]:
    last = {own.area: met.name for met in decided.meetings for own in met.levels}
    for met in decided.meetings:
        for own in met.levels:
            if own.area in shown and last[own.area] == met.name and own.clearance in told_to:
                yield StoredDecision(OF_LEVEL, own.area, 0, met.name, own.reason, _meeting(met))


def _meeting(met: Meeting) -> str:
    return f"Meeting of experts, {_day(met.held)}"


def _day(day: str) -> str:
    when = date.fromisoformat(day)
    return f"{when.day} {when:%B %Y}"


def _priorities(decided: Decisions, told_to: Collection[str] | None) -> Iterator[StoredDecision]:
    chosen = decided.priorities
    if chosen is None or (told_to is not None and chosen.clearance not in told_to):
        return
    head = f"Chosen by {chosen.by}, {_day(chosen.chosen)}"
    for place, (area, reason) in enumerate(chosen.areas, 1):
        yield StoredDecision(OF_PRIORITY, area, place, "priorities", reason, head)
