"""What did we ask the states, and what did they answer? The log of a round's queries,
read, checked and written.

The log is `returns/<round>/queries.csv`, beside the returns, one line per query. A
query is known by the place and rule of its finding, so that the same question has the
same id in every round and on any machine. Whoever asks or enters an answer signs it
(`pipeline.returns.rules.query_record`); a line that nobody signed is refused.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, fields, replace
from datetime import date
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.errors import SignOffError, UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.folder import QUERY_LOG, QUERY_RECORD
from pipeline.returns.intake.personal import personal_data
from pipeline.returns.intake.shown import shown_name
from pipeline.returns.rules.query_record import enter_rows, entered_rows
from pipeline.system.files import csv_bytes, csv_rows, write_file
from pipeline.system.signed.people import Person

EFFECTS = {
    "confirmed": "the figure stands as it was sent",
    "corrected": "the state sends another figure",
    "withdrawn": "the state takes the figure back",
}
RESOLUTIONS = {
    "whole": "the whole counts, its parts do not",
    "parts": "the parts count, and their sum stands in the place of the whole",
    "neither": "none of the figures counts",
}
CONFLICT = "part_exceeds_whole"  # the rule whose answer says which figures count
MAX_ANSWER = 1000
ID = re.compile(r"q[0-9a-f]{8}")


@dataclass(frozen=True)
class LoggedQuery:
    """One line of the log, its fields the columns in their order. Days are written
    YYYY-MM-DD, what is open is empty.

    `cell` is the address beside a key; where there is no key it names the sheet too.
    """

    id: str
    report: str
    state: str
    table: str
    key: str
    cell: str
    rule: str
    found: str
    asked: str
    answered: str = ""
    answer: str = ""
    effect: str = ""
    resolution: str = ""  # of a part above its whole: which of them count

    @property
    def is_conflict(self) -> bool:
        return is_conflict(self.rule)


def is_conflict(rule: str) -> bool:
    """Whether the answer to a finding of a rule says which figures count."""
    return rule.endswith(f".{CONFLICT}")


COLUMNS = tuple(f.name for f in fields(LoggedQuery))
_ADDED = ("resolution",)  # columns that older logs do not have


def query_id(report: str, state: str, *, table: str, place: str, rule: str) -> str:
    """The id of the query about a place, which is a key or, where there is none, sheet
    and cell.
    """
    digest = hashlib.sha256("|".join((report, state, table, place, rule)).encode()).hexdigest()
    return f"q{digest[:8]}"  # the letter keeps spreadsheets from reading it as a number


def id_of(finding: Finding) -> str:
    return query_id(
        finding.report,
        finding.state,
        table=finding.table,
        place=finding.key or place_of(finding),
        rule=finding.rule,
    )


def place_of(finding: Finding) -> str:
    """Where a finding stands, as the log writes it: cell and sheet, or what of the two
    there is.
    """
    place = " on ".join(
        part for part in (finding.cell, finding.sheet and f"sheet {finding.sheet}") if part
    )
    if finding.office:  # the same place of another part is another place
        place = f"{place} in the part of {finding.office}"
    return " ".join(place.split())  # as the log keeps it


def read_log(project: Project, contracts: Contracts, *, round_: int) -> dict[str, LoggedQuery]:
    """The log of a round by id; empty when there is none.

    Raises UserError at the first line that is not right, or that nobody signed.
    """
    log = _as_it_lies_there(project, contracts, round_=round_)
    signed, before = (_queries(rows) for rows in entered_rows(project, round_))
    if log in (signed, before):  # before: a run died between the record and the log
        return signed
    lines = {id_: line for line, id_ in enumerate(log, 2)}
    wrong = next(i for i in (*log, *signed) if log.get(i) != signed.get(i))
    what = "is not as it was signed" if wrong in signed else "was signed by nobody"
    raise SignOffError(
        f"the query {wrong} {what if wrong in log else 'is missing'}",
        where=f"{round_}/{QUERY_LOG}" + (f" line {lines[wrong]}" if wrong in log else ""),
        allowed=(
            "the lines as 'make ask' and 'make answer' entered them, with their record"
            f" {QUERY_RECORD}"
        ),
        do=(
            "put the lines back, and enter what is new by 'make ask' and 'make answer'; a log from"
            " before queries were signed is moved away and entered again"
        ),
    )


def _queries(rows: Mapping[str, Mapping[str, str]]) -> dict[str, LoggedQuery]:
    """The lines as they come back from a file, whatever a guard against formulas makes
    of a text.
    """
    kept = csv_rows(
        csv_bytes(COLUMNS, [[row.get(c, "") for c in COLUMNS] for row in rows.values()])
    )
    return {
        row["id"]: LoggedQuery(**{c: " ".join(row[c].split()) for c in COLUMNS}) for row in kept
    }


def _as_it_lies_there(
    project: Project, contracts: Contracts, *, round_: int
) -> dict[str, LoggedQuery]:
    path = project.returns / str(round_) / QUERY_LOG
    name = f"{round_}/{QUERY_LOG}"
    if not path.exists():
        return {}
    try:
        rows = csv_rows(path.read_bytes())
        heads = tuple(rows[0]) if rows else COLUMNS
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UserError(
            f"the log of queries cannot be read: {problem}",
            where=name,
            allowed="CSV in UTF-8",
            do="save it as CSV (UTF-8), or take the last good version",
        ) from None
    missing = [c for c in COLUMNS if c not in heads and c not in _ADDED]
    if missing:
        raise UserError(
            f"columns are missing: {', '.join(missing)}",
            where=f"{name} line 1",
            allowed=",".join(COLUMNS),
            do="put the header back",
        )
    log: dict[str, LoggedQuery] = {}
    for line, row in enumerate(rows, 2):
        query = LoggedQuery(**{c: " ".join(row.get(c, "").split()) for c in COLUMNS})
        for what, allowed, do in _problems(query, contracts, log=log, extra=row.get("", "")):
            raise UserError(what, where=f"{name} line {line}", allowed=allowed, do=do)
        log[query.id] = query
    return log


def write_log(project: Project, round_: int, *, log: dict[str, LoggedQuery]) -> None:
    """Write the log by report, state, table and key, so that the same queries give the
    same file.
    """
    ordered = sorted(
        log.values(), key=lambda q: (q.report, q.state, q.table, q.key, q.cell, q.rule)
    )
    path = project.returns / str(round_) / QUERY_LOG
    write_file(path, csv_bytes(COLUMNS, [astuple(q) for q in ordered]))


def _problems(
    query: LoggedQuery, contracts: Contracts, *, log: dict[str, LoggedQuery], extra: str
) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a line, what is allowed and what to do."""
    if extra:
        yield (
            f"there are more cells than columns: {extra[:80]}",
            ",".join(COLUMNS),
            "put texts with commas in quotes",
        )
    if query.report not in contracts.by_report:
        yield (
            f"there is no report '{query.report}'",
            ", ".join(contracts.by_report),
            "correct the report",
        )
    if query.state not in contracts.codelist("states"):
        yield (
            f"there is no state '{query.state}'",
            "the code of a member state, or SELEC",
            "correct the state",
        )
    if query.id in log:
        yield f"the query {query.id} stands twice", "one line per query", "join the two lines"
    own = query_id(
        query.report, query.state, table=query.table, place=query.key or query.cell, rule=query.rule
    )
    if query.id != own:
        yield (
            f"'{query.id}' is not the id of this line",
            own,
            "leave id, report, state, table, key, cell and rule as 'make ask' wrote them",
        )
    yield from wrong_answer(query)


def wrong_answer(query: LoggedQuery) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the answer to a query, what is allowed and what to do."""
    days = "a day such as 2023-04-01"
    if not _is_day(query.asked):
        yield f"asked: '{query.asked}' is no day", days, "give the day on which the state was asked"
    if not (query.answered or query.answer or query.effect or query.resolution):
        return
    if not _is_day(query.answered):
        yield (
            f"answered: '{shown_name(query.answered)}' is no day",
            days,
            "give the day of the answer, or empty answer and effect",
        )
    if query.answered < query.asked:
        yield (
            f"answered on {query.answered}, before it was asked on {query.asked}",
            "a later day",
            "correct the days",
        )
    if query.effect not in EFFECTS:
        yield (
            f"effect: '{shown_name(query.effect)}'",
            ", ".join(EFFECTS),
            "say what follows from the answer",
        )
    if query.resolution and not query.is_conflict:
        yield (
            f"resolution: '{shown_name(query.resolution)}' of a query that asks for none",
            f"empty, but for the rule {CONFLICT}",
            "leave it empty",
        )
    elif query.resolution and query.resolution not in RESOLUTIONS:
        yield (
            f"resolution: '{shown_name(query.resolution)}'",
            ", ".join(RESOLUTIONS),
            "say which figures count",
        )
    elif query.is_conflict and query.effect == "confirmed" and not query.resolution:
        yield (
            "whole and parts cannot both be confirmed",
            f"a resolution: {', '.join(RESOLUTIONS)}",
            "say which figures count: RESOLUTION=whole, parts or neither",
        )
    if not query.answer:
        yield "there is an answer without words", "what the state said, in short", "write it down"
    if len(query.answer) > MAX_ANSWER:
        yield (
            f"the answer has {len(query.answer):,} characters",
            f"at most {MAX_ANSWER:,}",
            "shorten it",
        )
    if name := personal_data(query.answer):
        yield (
            f"the answer holds what looks like: {name}",
            "no personal data",
            "remove it from the answer",
        )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# What the log does to findings.


def log_files(project: Project, round_: int) -> list[Path]:
    """The log of a round, and who entered what in it."""
    return [project.returns / str(round_) / name for name in (QUERY_LOG, QUERY_RECORD)]


def with_queries(findings: Iterable[Finding], log: dict[str, LoggedQuery]) -> list[Finding]:
    """The findings with the id of their query, and with what the state answered.

    A known error is not asked about: it has an entry in its register. A confirmed
    figure leaves a note; one that the state announced to correct or withdraw stays a
    query for as long as it stands. What was asked keeps its id when it became a known
    error or an error since.
    """
    return [_asked(f, log) if f.state else f for f in findings]


_CONFIRMED = "confirmed on "


def with_new_answers(
    findings: Iterable[Finding], log: dict[str, LoggedQuery]
) -> list[Finding] | None:
    """The findings of a validation after answers were entered; None where only another
    validation can tell, because a figure that was confirmed is so no more.
    """
    found = []
    for finding in findings:
        query = log.get(finding.query)
        if finding.severity == "note" and finding.remark.startswith(_CONFIRMED):
            if query is None or query.effect != "confirmed":
                return None
            finding = replace(finding, remark=_confirmed(query))
        elif finding.state:
            finding = _asked(finding, log)
        found.append(finding)
    return found


def _confirmed(query: LoggedQuery) -> str:
    return f"{_CONFIRMED}{query.answered}: {query.answer}"


def _asked(finding: Finding, log: dict[str, LoggedQuery]) -> Finding:
    query = log.get(id_of(finding))
    asks = finding.severity == "query" and not finding.known
    if not asks and query is None:
        return finding
    finding = replace(finding, query=id_of(finding))
    if not asks or query is None or not query.effect:
        return finding
    if query.effect == "confirmed":
        return replace(
            finding,
            severity="note",
            do="nothing: the state confirmed it",
            remark=_confirmed(query),
        )
    what = "a correction" if query.effect == "corrected" else "a withdrawal"
    return replace(
        finding, remark=f"the state announced {what} on {query.answered}: {query.answer}"
    )


# What analysts see and write.


@dataclass(frozen=True)
class QueryLine:
    """A query as it is listed. `state_of_play` is open, asked, confirmed, corrected,
    withdrawn or resolved.
    """

    query: LoggedQuery
    state_of_play: str


STATES_OF_PLAY = ("open", "asked", "corrected", "withdrawn", "confirmed", "resolved")


def list_queries(
    findings: Iterable[Finding], log: dict[str, LoggedQuery], *, state: str = ""
) -> list[QueryLine]:
    """Every query of a round, of one state where one is named. `findings` are those of
    its validation.

    A query whose finding is gone is resolved, whatever was answered.
    """
    standing = {f.query: _logged(f) for f in findings if f.query}
    lines = []
    for id_, query in {**standing, **log}.items():
        play = (query.effect or "asked") if id_ in log else "open"
        if id_ not in standing:
            play = "resolved"
        if state in ("", query.state):
            lines.append(QueryLine(query, play))
    return sorted(
        lines,
        key=lambda x: (
            STATES_OF_PLAY.index(x.state_of_play),
            x.query.report,
            x.query.state,
            x.query.table,
            x.query.key,
            x.query.cell,
            x.query.rule,
        ),
    )


def _logged(finding: Finding, asked: str = "") -> LoggedQuery:
    f = finding
    found = f"[{name}]" if (name := personal_data(f.found)) else f.found
    return LoggedQuery(
        f.query,
        f.report,
        f.state,
        f.table,
        f.key,
        f.cell if f.key else place_of(f),
        f.rule,
        " ".join(found.split())[:300],
        asked,
    )


def ask(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    state: str,
    day: str,
    findings: Iterable[Finding],
    who: Person,
) -> list[LoggedQuery]:
    """Enter every open query of a state in the log as asked on `day`, signed by `who`.
    Returns the new lines.

    Raises UserError when there is no such state, or the day is none.
    """
    if state not in contracts.codelist("states"):
        raise UserError(
            f"there is no state '{state}'",
            allowed=", ".join(c.code for c in contracts.members(round_)),
        )
    _require_day(day, "DATE", what="the day on which the state was asked")
    log = read_log(project, contracts, round_=round_)
    standing = (f for f in findings if f.query and f.state == state)
    new = {f.query: _logged(f, day) for f in standing if f.query not in log}
    if new:
        enter_rows(project, round_, command="ask", rows=[asdict(q) for q in new.values()], who=who)
        write_log(project, round_, log=log | new)
    return list(new.values())


def answer(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    id_: str,
    text: str,
    effect: str,
    day: str,
    resolution: str = "",
    who: Person,
) -> LoggedQuery:
    """Enter what a state answered to a query, signed by `who`; to one on a part above
    its whole, also which of them count. An answer that was there before is replaced;
    the record keeps it.

    Raises UserError when the query was not asked, or when the answer could not stand in
    the log.
    """
    log = read_log(project, contracts, round_=round_)
    id_ = id_.strip().lower()
    if id_ not in log:
        raise UserError(
            f"the query '{id_}' was not asked in round {round_}",
            allowed=", ".join(q for q in log if not log[q].effect) or "a query of the log",
            do=f"see 'make queries ROUND={round_}'; 'make ask' enters what is asked",
        )
    _require_day(day, "DATE", what="the day of the answer")
    query = replace(
        log[id_], answered=day, answer=" ".join(text.split()), effect=effect, resolution=resolution
    )
    for what, allowed, do in wrong_answer(query):
        raise UserError(what, where=f"query {id_}", allowed=allowed, do=do)
    enter_rows(project, round_, command="answer", rows=[asdict(query)], who=who)
    write_log(project, round_, log=log | {id_: query})
    return query


def _require_day(day: str, name: str, *, what: str) -> None:
    if not _is_day(day):
        raise UserError(
            f"{name}: '{day}' is no day",
            allowed="a day such as 2023-04-01",
            do=f"give {what}: {name}=2023-04-01",
        )


def print_queries(lines: list[QueryLine], round_: int) -> None:
    """The list for the terminal, open queries first."""
    import os

    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if os.isatty(1) else 180, highlight=False, markup=False)
    if not lines:
        console.print(f"round {round_}: no queries")
        return
    counts = ", ".join(
        f"{n} {play}"
        for play in STATES_OF_PLAY
        if (n := sum(x.state_of_play == play for x in lines))
    )
    table = Table(
        title=f"Queries of round {round_}: {counts}", title_justify="left", box=None, pad_edge=False
    )
    for head in (
        "query",
        "state",
        "now",
        "asked",
        "answered",
        "key or cell",
        "rule",
        "found",
        "answer",
    ):
        table.add_column(head, overflow="fold")
    for line in lines:
        q = line.query
        table.add_row(
            q.id,
            q.state,
            line.state_of_play,
            q.asked,
            q.answered,
            q.key or q.cell,
            q.rule,
            q.found[:80],
            q.answer,
        )
    console.print(table)
