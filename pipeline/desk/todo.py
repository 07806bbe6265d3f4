"""What is to be done next, and by which command? A line for each version, and for
states that owe a return or an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.desk.due import Due
from pipeline.release.signoff.built import BuiltNow
from pipeline.release.signoff.moves import APPROVALS, roles_of


@dataclass(frozen=True)
class ToDo:
    """Something to be done: what it is about, what, and the command."""

    about: str
    what: str
    command: str


def next_of_version(
    built: BuiltNow, *, stale: str, without_reason: int, unsettled: int
) -> ToDo | None:
    """The next step of a version; None where it is released and nothing changed since.
    `unsettled` are changed exhibits that nobody ticked, and comments without a reply.
    """
    subject = built.subject
    named = f"ROUND={subject.round} REPORT={subject.report}"
    version = f"{named} VERSION={subject.version}"
    about = f"{subject.report}, {subject.version}"
    if stale:
        return ToDo(about, f"build it again: {stale}", f"make report {version}")
    match built.state:
        case "draft" if without_reason:
            what = f"give reasons for {without_reason} open findings, or have them corrected"
            return ToDo(about, what, f"make accept {named}")
        case "draft":
            again = " again, it is another build now" if built.is_another else ""
            return ToDo(about, f"hand DRAFT {built.draft} in{again}", f"make submit {version}")
        case "in review" | "approved" if unsettled:
            what = f"settle what an approval waits for, ticks or replies: {unsettled}"
            return ToDo(about, what, f"make review {version}")
        case "in review":
            what = f"approve DRAFT {built.draft}: {len(built.approvals)} of {APPROVALS} did"
            return ToDo(about, what, f"make approve {version}")
        case "approved":
            roles = " or ".join(roles_of("release"))
            what = f"release it as edition {built.edition} ({roles})"
            return ToDo(about, what, f"make release {version}")
        case "withdrawn":
            what = f"edition {built.edition} is withdrawn: build and hand in the next one"
            return ToDo(about, what, f"make submit {version}")
    return None


def next_of_states(round_: int, *, due: Due, queries: Mapping[str, int]) -> Iterator[ToDo]:
    """What is to be done about states: late returns, and queries that nobody asked yet."""
    if late := _listed(o.state for o in due.late):
        yield ToDo("returns", f"late or refused: {late}", f"make late ROUND={round_}")
    if open_ := sum(queries.values()):
        states = _listed(queries)
        command = f"make ask ROUND={round_} STATE={next(iter(queries))} DATE="
        yield ToDo("queries", f"{open_} were not asked yet, of {states}", command)


def _listed(states: Iterable[str]) -> str:
    return ", ".join(sorted(set(states)))
