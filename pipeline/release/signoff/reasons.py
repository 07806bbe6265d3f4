"""Who accepted which finding, and why? Every `make accept`, signed.

`releases/accepted/<round>/<report>.jsonl` is a record as in
`pipeline.system.signed.chain`; each event holds a reason and the findings that it
accepts. An event that lets reasons of the release gate pass names them as well; it
alone accepts errors. The file of reasons beside the records of sign-off is made of it,
for reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.release.gate.reasons import GateReason, LetPass
from pipeline.release.signoff.moves import roles_of
from pipeline.system.signed.chain import Chain, open_chain
from pipeline.system.signed.people import Person

GATE_COMMAND = "accept GATE="  # who may give it: `pipeline.release.signoff.moves`


def record_of_reasons(project: Project, round_: int, *, report: str) -> Chain:
    """The record of why findings under a report were accepted."""
    path = project.releases / "accepted" / str(round_) / f"{report}.jsonl"
    return open_chain(project, f"accepted {round_} {report}", path=path)


def signed_reasons(
    project: Project, round_: int, *, report: str, errors: bool = False
) -> dict[str, str]:
    """The last reason that somebody signed for each finding, by its id; with `errors`
    only those that let a reason of the release gate pass.
    """
    reasons: dict[str, str] = {}
    for event in _events(project, round_, report=report):
        if "gate" in event or not errors:
            reasons |= dict.fromkeys(event["findings"], event["reason"])
    return reasons


def let_pass(project: Project, round_: int, *, report: str) -> dict[str, LetPass]:
    """The reasons of the release gate that somebody let pass, by their ids."""
    passed: dict[str, LetPass] = {}
    for event in _events(project, round_, report=report):
        said = LetPass(event["reason"], event["by"], event["role"], event["day"])
        passed |= dict.fromkeys(event.get("gate", ()), said)
    return passed


def _events(project: Project, round_: int, *, report: str) -> Iterator[dict[str, Any]]:
    """Raises SignOffError at an event that accepts nothing, or lets pass what its role may
    not.
    """
    record = record_of_reasons(project, round_, report=report)
    for event in record.read():
        match event:
            case {"reason": str(), "findings": [*ids]} if all(isinstance(i, str) for i in ids):
                gate = event.get("gate", [])
            case _:
                gate = None
        if not isinstance(gate, list) or not all(isinstance(i, str) for i in gate):
            raise SignOffError(
                "this event accepts nothing",
                where=f"{record.path.name} line {event['number']}",
                allowed="a reason and findings",
                do="restore the file from its last good copy",
            )
        if "gate" in event and event["role"] not in roles_of(GATE_COMMAND):
            raise SignOffError(
                f"ROLE={event['role']} may not let a reason of the release gate pass",
                where=f"{record.path.name} line {event['number']}",
                allowed=", ".join(roles_of(GATE_COMMAND)),
                do="restore the file from its last good copy",
            )
        yield event


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


def enter_let_pass(project: Project, reason: GateReason, *, why: str, who: Person) -> None:
    """Enter why a reason of the release gate does not hold a report back, with what was
    found, signed by who decides it.
    """
    record_of_reasons(project, reason.round, report=reason.report).append(
        {
            "event": "accept",
            "reason": why,
            "findings": list(reason.findings),
            "gate": [reason.id],
            "found": f"{reason.kind}: {reason.found}; asked: {reason.asked}",
        },
        who,
    )
