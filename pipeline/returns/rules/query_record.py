"""Who entered what in the log of queries? Every `make ask` and `make answer`, signed,
beside the log.

`returns/<round>/queries.jsonl` is a record as in `pipeline.system.signed.chain`; each
event holds the lines of the log that it wrote. `queries.csv` is made of it, and what
stands there must follow from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.returns.intake.folder import QUERY_RECORD
from pipeline.system.signed.chain import Chain, open_chain
from pipeline.system.signed.people import Person

Rows = dict[str, dict[str, str]]  # the lines of the log by the id of their query


def record_of_queries(project: Project, round_: int) -> Chain:
    """The record of a round's queries."""
    return open_chain(
        project, f"queries {round_}", path=project.returns / str(round_) / QUERY_RECORD
    )


def entered_rows(project: Project, round_: int) -> tuple[Rows, Rows]:
    """The log as it follows from the record, and as it was before the last event, for a
    run that died between the two files. Raises SignOffError where the record is not as
    it was written.
    """
    record = record_of_queries(project, round_)
    events = record.read()
    return _played(events, record), _played(events[:-1], record)


def enter_rows(
    project: Project,
    round_: int,
    *,
    command: str,
    rows: Iterable[Mapping[str, str]],
    who: Person,
    file: str = "",
) -> None:
    """Enter lines of the log, signed by who asked, or heard the answer; `file` is the
    hash of the one that they came in.
    """
    lines = [{name: text for name, text in row.items() if text} for row in rows]
    came = {"file": file} if file else {}
    record_of_queries(project, round_).append({"event": command, "queries": lines, **came}, who)


def _played(events: list[dict[str, Any]], record: Chain) -> Rows:
    rows: Rows = {}
    for event in events:
        try:
            rows |= {
                row["id"]: {str(k): str(v) for k, v in row.items()} for row in event["queries"]
            }
        except (KeyError, TypeError, AttributeError):
            raise SignOffError(
                "this event is none of a query",
                where=f"{record.path.name} line {event['number']}",
                allowed="lines of the log",
                do="restore the file from its last good copy",
            ) from None
    return rows
