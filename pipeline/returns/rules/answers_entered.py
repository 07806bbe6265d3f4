"""How do the answers of a file enter the log of queries? All of them in one act that is
signed once, or none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.returns.intake.shown import shown_name
from pipeline.returns.rules.answers import AnswerFile, tell
from pipeline.returns.rules.query_log import LoggedQuery, read_log, write_log, wrong_answer
from pipeline.returns.rules.query_record import enter_rows
from pipeline.system.signed.people import Person


@dataclass(frozen=True)
class Imported:
    """What came of the answers of a file: new ones, those that replace another one, and
    those that are there already.
    """

    new: tuple[LoggedQuery, ...]
    replaced: tuple[LoggedQuery, ...]
    same: tuple[LoggedQuery, ...]


def answer_all(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    file: AnswerFile,
    who: Person,
    state: str = "",
) -> Imported:
    """Enter all answers of a file in one act, signed by `who`, or none of them.

    Raises UserError with everything that is wrong: a query that was not asked or stands
    twice, queries of two states, an answer that could not stand in the log.
    """
    log = read_log(project, contracts, round_=round_)
    problems: list[str] = []
    entered: dict[str, LoggedQuery] = {}
    for answered in file.answers:
        before = log.get(answered.query)
        if before is None:
            told = shown_name(answered.query) or "no id"
            problems.append(f"{answered.place}: the query '{told}' was not asked in {round_}")
            continue
        query = replace(
            before,
            answered=answered.day,
            answer=answered.text,
            effect=answered.effect,
            resolution=answered.resolution,
        )
        problems += [
            f"{answered.place}, {query.id}: {what}; allowed: {allowed}"
            for what, allowed, _ in wrong_answer(query)
        ]
        if query.id in entered:
            problems.append(f"{answered.place}: the query {query.id} is answered twice")
        entered[query.id] = query
    asked = {query.state for query in entered.values()}
    if len(asked) > 1 or (state and asked - {state}):
        meant = state or "one state"
        problems.append(f"queries of {', '.join(sorted(asked))} in a file of {meant}")
    tell(problems, where=file.name)
    changed = {id_: query for id_, query in entered.items() if query != log[id_]}
    if changed:
        enter_rows(
            project,
            round_,
            command="answer",
            rows=[asdict(q) for q in changed.values()],
            who=who,
            file=file.sha256,
        )
        write_log(project, round_, log=log | changed)
    return Imported(
        tuple(q for q in changed.values() if not log[q.id].effect),
        tuple(q for q in changed.values() if log[q.id].effect),
        tuple(q for id_, q in entered.items() if id_ not in changed),
    )
