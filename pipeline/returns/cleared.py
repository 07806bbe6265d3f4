"""Which texts of senders may be printed for others? Those that somebody of the Center
cleared, each by its hash.

`releases/cleared.jsonl` is a record of signed events (`pipeline.system.signed.chain`):
a text was cleared, or its clearance was taken back. A text is cleared as it stands,
letter for letter: another one has another hash and waits again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipeline.contracts.codelists import fold
from pipeline.contracts.layout import DEFINITION_ANSWERS, DEFINITION_FIELD, SOURCE_FIELD
from pipeline.contracts.model import load_contracts
from pipeline.contracts.sources import Sources, as_written, load_sources, text_hash
from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.reading import FileReading
from pipeline.returns.meetings.standing import standing_texts
from pipeline.returns.rules.validated import read_validation
from pipeline.system.files import write_private
from pipeline.system.signed.chain import Chain, open_chain
from pipeline.system.signed.event_lines import file_of, lines_of
from pipeline.system.signed.people import Person, kept_reason

CLEAR, TAKE_BACK = "clear", "take-back"
UNLISTED = "source-not-listed"  # the rule that asks about a source
_SHORTEST = 8  # letters of a hash that name a text


@dataclass(frozen=True)
class SenderText:
    """A text of a cover that versions for others do not print, or only because it was
    cleared.
    """

    sha256: str
    text: str
    is_cleared: bool
    places: tuple[str, ...]  # state, report and field of each cover that says it

    def __str__(self) -> str:
        kept = "cleared" if self.is_cleared else "not printed for others"
        return f"{self.sha256[:12]}  {kept}: '{self.text}' ({', '.join(self.places)})"


def sources_of(project: Project) -> Sources:
    """The Center's list of sources with the texts that were cleared. Raises
    SignOffError where the record of clearances is not as it was written.
    """
    return replace(load_sources(project.codelists), cleared=frozenset(_cleared(_record(project))))


def sender_texts(project: Project, round_: int) -> list[SenderText]:
    """Every text of the covers of a round that is neither a listed source nor an answer
    that the form offers, and every text that an expert contributed.

    Raises UserError when the round was not validated.
    """
    sources = sources_of(project)
    places: dict[str, list[str]] = {}
    for file in read_validation(project, round_).files:
        for field, text in _free_texts(file.cover, sources):
            places.setdefault(text, []).append(f"{file.state} {file.report} {field}")
    for text, place in _contributed(project, round_):
        places.setdefault(text, []).append(place)
    return [
        SenderText(text_hash(text), text, sources.is_cleared(text), tuple(where))
        for text, where in sorted(places.items())
    ]


def clear_text(
    project: Project, round_: int, *, sha256: str, reason: str, who: Person
) -> SenderText:
    """Let versions for others print a text. Raises UserError when the hash is not that
    of one text, or no reason is given; SignOffError when the record is not as it was
    written.
    """
    return _enter(project, round_, event=CLEAR, sha256=sha256, reason=reason, who=who)


def take_back(
    project: Project, round_: int, *, sha256: str, reason: str, who: Person
) -> SenderText:
    """Take the clearance of a text back; it raises what `clear_text` raises."""
    return _enter(project, round_, event=TAKE_BACK, sha256=sha256, reason=reason, who=who)


def cleared_on(project: Project, day: date, *, folder: Path) -> int:
    """Copy the record of clearances as it was on a day into another register, for
    reading. Returns how many events.
    """
    known = [event for event in _record(project).read() if event["day"] <= day.isoformat()]
    if known:  # days go forward, so that these are the first lines
        lines = lines_of(project.cleared_texts)[: len(known)]
        write_private(folder / project.cleared_texts.name, file_of(lines))
    return len(known)


def without_cleared(
    findings: Iterable[Finding], files: Iterable[FileReading], *, project: Project
) -> Iterator[Finding]:
    """Findings without the questions about sources whose texts were all cleared: there
    is nothing left to ask.
    """
    covers = {file.file: file.cover for file in files}
    sources: Sources | None = None
    for finding in findings:
        if finding.rule == UNLISTED:
            sources = sources or sources_of(project)
            answer = covers.get(finding.file, {}).get(SOURCE_FIELD + finding.table, "")
            if answer and all(
                name or sources.is_cleared(text) for text, name in sources.parts(answer)
            ):
                continue
        yield finding


def _contributed(project: Project, round_: int) -> Iterator[tuple[str, str]]:
    """What experts wrote in a round, each with the line that it stands in, as it stands
    after the meetings: an original that was amended is printed nowhere.
    """
    contracts = load_contracts(project.contracts)
    for own in standing_texts(project, contracts, round_=round_):
        at = f"{own.state} {own.table} {own.area}.{own.topic}"
        yield own.standing.text, at


def _free_texts(cover: Mapping[str, str], sources: Sources) -> Iterator[tuple[str, str]]:
    for field, answer in cover.items():
        if field.startswith(SOURCE_FIELD):
            yield from ((field, text) for text, name in sources.parts(answer) if not name)
        elif (
            field.startswith(DEFINITION_FIELD) and answer and fold(answer) not in DEFINITION_ANSWERS
        ):
            yield field, as_written(answer)


def _enter(
    project: Project, round_: int, *, event: str, sha256: str, reason: str, who: Person
) -> SenderText:
    reason = kept_reason(reason)
    known = sender_texts(project, round_)
    found = [t for t in known if len(sha256) >= _SHORTEST and t.sha256.startswith(sha256.lower())]
    if len(found) != 1:
        raise UserError(
            f"'{sha256}' is the hash of {len(found) or 'no'} texts of round {round_}",
            allowed=", ".join(t.sha256[:12] for t in known[:20]) or "no text of this round waits",
            do=f"see 'make clear-text ROUND={round_}' for the texts and their hashes",
        )
    (text,) = found
    if text.is_cleared == (event == CLEAR):
        raise UserError(
            f"this text is {'cleared already' if text.is_cleared else 'not cleared'}",
            where=str(text),
        )
    _record(project).append(
        {"event": event, "text": text.text, "sha256": text.sha256, "reason": reason}, who
    )
    return replace(text, is_cleared=event == CLEAR)


def _cleared(record: Chain) -> set[str]:
    found: set[str] = set()
    for event in record.read():
        # The hash is worked out from the text that stands in the record: what was read
        # is what is printed.
        if event["event"] == CLEAR:
            found.add(text_hash(str(event["text"])))
        elif event["event"] == TAKE_BACK:
            found.discard(text_hash(str(event["text"])))
    return found


def _record(project: Project) -> Chain:
    return open_chain(
        project,
        "cleared texts",
        path=project.cleared_texts,
        holds=("event", "text", "sha256", "reason"),
    )
