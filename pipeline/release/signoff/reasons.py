"""Who accepted which finding, and why? Every `make accept`, signed.

`releases/accepted/<round>/<report>.jsonl` is a record as in
`pipeline.system.signed.chain`; each event holds a reason and the findings that it
accepts. The file of reasons beside the records of sign-off is made of it, for reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.system.signed.chain import Chain, open_chain
from pipeline.system.signed.people import Person


def record_of_reasons(project: Project, round_: int, *, report: str) -> Chain:
    """The record of why findings under a report were accepted."""
    path = project.releases / "accepted" / str(round_) / f"{report}.jsonl"
    return open_chain(project, f"accepted {round_} {report}", path=path)


def signed_reasons(project: Project, round_: int, *, report: str) -> dict[str, str]:
    """The last reason that somebody signed for each finding, by its id."""
    record = record_of_reasons(project, round_, report=report)
    reasons: dict[str, str] = {}
    for event in record.read():
        match event:
            case {"reason": str(reason), "findings": [*ids]} if all(
                isinstance(i, str) for i in ids
            ):
                reasons |= dict.fromkeys(ids, reason)
            case _:
                raise SignOffError(
                    "this event accepts nothing",
                    where=f"{record.path.name} line {event['number']}",
                    allowed="a reason and findings",
                    do="restore the file from its last good copy",
                )
    return reasons


def require_signed(shown: Mapping[str, str], signed: Mapping[str, str], *, path: Path) -> None:
    """Raises SignOffError where the file of reasons shows one that nobody signed."""
    for id_, reason in shown.items():
        # a spreadsheet's guard against formulas
        if signed.get(id_, "").lstrip("'") != reason.lstrip("'"):
            raise SignOffError(
                f"the reason for {id_} is not one that somebody signed: {reason[:80]}",
                where=str(path),
                allowed="reasons that 'make accept' entered; the file is for reading",
                do="remove the file, then enter the reason: make accept QUERY="
                + id_
                + ' REASON="..."',
            )


def enter_reason(
    project: Project, round_: int, *, report: str, reason: str, ids: list[str], who: Person
) -> None:
    """Enter why findings are accepted, signed by who accepts them."""
    record_of_reasons(project, round_, report=report).append(
        {"event": "accept", "reason": reason, "findings": ids}, who
    )
