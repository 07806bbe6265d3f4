"""What did states say to their proof sheets? Confirmations and objections, signed.

`releases/proofs/<round>.jsonl` is a record as in `pipeline.system.signed.chain`. Who
enters what a state answered signs it. An objection stands until the state confirms a
later sheet of that report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.returns.sentences import kept_sentence
from pipeline.system.signed.chain import Chain, open_chain
from pipeline.system.signed.people import Person

CONFIRM, OBJECT = "confirm-proof", "object-proof"


@dataclass(frozen=True)
class Confirmation:
    """A state confirmed its sheet of a report: what each version showed then, by the
    fingerprint of its figures.
    """

    state: str
    report: str
    day: str
    by: str
    sheets: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Objection:
    """A state objects to figures of a report, by their keys. `is_open` until it confirms
    a later sheet.
    """

    id: str
    state: str
    report: str
    day: str
    by: str
    keys: tuple[str, ...]
    text: str
    is_open: bool


@dataclass(frozen=True)
class Answers:
    """What states said in a round: the last confirmation by state and report, and every
    objection in the order in which they came.
    """

    confirmed: Mapping[tuple[str, str], Confirmation]
    objections: tuple[Objection, ...]
    rehearsal: bool = False

    def open_objections(self, report: str) -> list[Objection]:
        return [o for o in self.objections if o.is_open and o.report == report]


def record_of_proofs(project: Project, round_: int) -> Chain:
    """The record of what states said to the proof sheets of a round."""
    path = project.releases / "proofs" / f"{round_}.jsonl"
    return open_chain(project, f"proofs {round_}", path=path)


def read_answers(project: Project, round_: int) -> Answers:
    """All that states said. Raises SignOffError where the record is not as it was
    written.
    """
    record = record_of_proofs(project, round_)
    events = record.read()
    confirmed: dict[tuple[str, str], Confirmation] = {}
    objections: list[Objection] = []
    for event in events:
        match event:
            case {
                "event": "confirm-proof",
                "state": str(state),
                "sheets": dict(sheets),
                "text": str(text),
            } if _are_sheets(sheets):
                for report, versions in sheets.items():
                    said = Confirmation(state, report, event["day"], event["by"], versions, text)
                    confirmed[state, report] = said
                    objections = [_settled(o, said) for o in objections]
            case {
                "event": "object-proof",
                "id": str(id_),
                "state": str(state),
                "report": str(report),
                "keys": [*keys],
                "text": str(text),
            }:
                about = state, report, event["day"], event["by"]
                objections.append(Objection(id_, *about, tuple(map(str, keys)), text, True))
                confirmed.pop((state, report), None)
            case _:
                raise SignOffError(
                    "this event says nothing of a proof sheet",
                    where=f"{record.path.name} line {event['number']}",
                    allowed="a confirmation or an objection",
                    do="restore the file from its last good copy",
                )
    return Answers(confirmed, tuple(objections), any("rehearsal" in e for e in events))


def _are_sheets(found: Mapping[str, object]) -> bool:
    return all(isinstance(versions, dict) for versions in found.values())


def _settled(objection: Objection, said: Confirmation) -> Objection:
    if (objection.state, objection.report) != (said.state, said.report):
        return objection
    return Objection(**{**vars(objection), "is_open": False})


def enter_confirmation(
    project: Project,
    round_: int,
    *,
    state: str,
    sheets: Mapping[str, Mapping[str, str]],
    text: str,
    who: Person,
) -> None:
    """Enter that a state confirmed its sheets, by report and version."""
    event: dict[str, Any] = {
        "event": CONFIRM,
        "state": state,
        "text": kept_sentence(text, may_be_empty=True),
    }
    event["sheets"] = {report: dict(versions) for report, versions in sheets.items()}
    record_of_proofs(project, round_).append(event, who)


def enter_objection(
    project: Project,
    round_: int,
    *,
    state: str,
    report: str,
    keys: Iterable[str],
    text: str,
    who: Person,
) -> str:
    """Enter what a state objects to. Returns the id of the objection."""
    record = record_of_proofs(project, round_)
    about = sorted(keys)
    said = kept_sentence(text, may_be_empty=True)
    if not said:
        raise UserError(
            "there is no objection without words",
            allowed="what the state said",
            do='give TEXT="..."',
        )
    told = "|".join((state, report, *about, said, str(record.head().number)))
    id_ = f"o{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    event = {"event": OBJECT, "id": id_, "state": state, "report": report}
    record.append({**event, "keys": about, "text": said}, who)
    return id_
