"""How is something written down that nobody may change later? A line an event, signed,
each with the hash of the last.

    # Any record: its name, and the file of its lines.
    chain = open_chain(project, "signoff 2022 thb public", path)
    # Checked, oldest first; [] where there is none.
    events = chain.read()
    # Signs the line; who is a pipeline.system.signed.people.Person.
    chain.append({"event": "clear", "text": digest}, who)
    # Head(number, sha256) of the last line.
    chain.head()

A line holds the name of its record, its number, what happened, who did it (`by`,
`role`, `day`), the hash of the line before, and a signature over all of that, so that a
line changed, removed, put in, moved, taken from another record or written anew without
the key is named and refused; the last one too. What a rehearsal writes is not signed
and says so: a record is all rehearsal or all signed.

Lines cut off at the end do not break a chain. So every event of a record in the folder
of releases is noted in `heads.jsonl` too, which is a chain over all of them, and every
event signs the last line of that chain: whoever takes the end off one record has to
take off what was written anywhere since, in every record. What nobody can see from
inside is that the whole folder was put back to an earlier day. Each command prints the
last hash, to be kept elsewhere, and each edition that left bears it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.system.files import write_file, write_private
from pipeline.system.signed.event_lines import (
    RESTORE,
    START,
    before,
    digest,
    file_of,
    lines_of,
    loosely,
    parsed,
    seal_of_journal,
    written,
)
from pipeline.system.signed.heads import complete, end_of, keeps_heads, read_heads, require_known
from pipeline.system.signed.people import Person
from pipeline.system.signed.signers import Signers, plain, read_signers
from pipeline.system.signed.signing import BadSignature, check_signature


@dataclass(frozen=True)
class Head:
    """The last line of a record, which stands for all of it: how many lines there are,
    and the hash of the last.
    """

    number: int = 0
    sha256: str = START


@dataclass(frozen=True)
class Chain:
    """A record. `name` tells it from all others and stands in each line; `folder` is
    that of the releases where it lies in it, and so has its events noted in
    `heads.jsonl`.
    """

    name: str
    path: Path
    signers: Signers
    folder: Path | None
    holds: tuple[str, ...] = ()  # what every event says, in words or numbers
    journals: Callable[[], Mapping[str, object]] = (
        dict  # the ends of files that nobody signs, by their name
    )

    def read(self) -> list[dict[str, Any]]:
        """The events, oldest first. Raises SignOffError that names the first line that
        is not as it was written.
        """
        lines = lines_of(self.path)
        events: list[dict[str, Any]] = []
        for number, line in enumerate(lines, 1):
            where = f"{self.path.name} line {number}"
            event = parsed(line, where)
            self._require_place(event, number, previous=before(lines, number), where=where)
            self._require_person(event, where)
            self._require_order(events, event, where=where)
            events.append(event)
        if len({"rehearsal" in event for event in events}) > 1:
            raise SignOffError(
                "a rehearsal and what was signed stand in one record",
                where=self.path.name,
                allowed="one of them",
                do=RESTORE,
            )
        self._require_noted(events)
        return events

    def append(self, event: Mapping[str, Any], who: Person) -> Head:
        """Write an event behind the others, signed by who does it, whole or not at all.
        Returns the new head.

        Raises SignOffError when the record is not as it was written, or a rehearsal
        would follow what was signed, or the other way round.
        """
        events = self.read()
        lines = lines_of(self.path)
        noted = complete(self.folder) if self.folder else []
        _require_kind(who, self.path, before=[*events, *map(loosely, noted)])
        content: dict[str, Any] = {
            "record": self.name,
            "number": len(lines) + 1,
            **event,
            **who.as_dict(),
        }
        if self.folder:
            content |= {"heads": end_of(noted), "journals": dict(self.journals())}
        content["previous"] = before(lines, len(lines) + 1)
        self._require_order(events, content, where=self.path.name)
        if who.signer is None:
            content["rehearsal"] = True
        else:
            content["key"] = who.signer.identity.fingerprint
            content["signature"] = who.signer.sign(written(content))
        lines.append(written(content))
        if self.folder:
            write_private(self.path, file_of(lines))
            complete(self.folder)
        else:  # in a folder that others may read for what else lies there
            write_file(self.path, file_of(lines), mode=0o600)
        return Head(len(lines), digest(lines[-1]))

    def head(self) -> Head:
        """The last line as it lies there; number 0 where there is no record."""
        lines = lines_of(self.path)
        return Head(len(lines), digest(lines[-1])) if lines else Head()

    def require_holds(self, number: object, sha256: object, *, by: str) -> None:
        """Raises SignOffError unless the line with this number has this hash, as `by`
        says.
        """
        lines = lines_of(self.path)
        if number == 0:
            return
        if (
            not isinstance(number, int)
            or not 0 < number <= len(lines)
            or digest(lines[number - 1]) != sha256
        ):
            raise SignOffError(
                f"line {number} is not the one that {by} names: lines were cut off or written anew",
                where=self.path.name,
                allowed="the record as it was then, with what followed",
                do=RESTORE,
            )

    # What each line has to be.

    def _require_place(
        self, event: Mapping[str, Any], number: int, *, previous: str, where: str
    ) -> None:
        if event.get("record") != self.name:
            raise SignOffError(
                f"this line belongs to another record: '{str(event.get('record', 'none'))[:80]}'",
                where=where,
                allowed=(
                    f"events of '{self.name}'; records from before events were signed held"
                    " rehearsals only"
                ),
                do="where it is such an old one, move it away and begin anew; else " + RESTORE,
            )
        if event.get("previous") != previous or event.get("number") != number:
            raise SignOffError(
                "this line does not follow from the one before: a line was changed, removed, put in"
                " or moved",
                where=where,
                allowed="the lines as the pipeline wrote them, in their order",
                do=RESTORE,
            )

    def _require_person(self, event: Mapping[str, Any], where: str) -> None:
        try:
            name = str(event["by"])
            role = str(event["role"])
            day = date.fromisoformat(event["day"])
            if day.isoformat() != event["day"] or not all(
                isinstance(event[f], (str, int)) for f in self.holds
            ):
                raise ValueError
        except (KeyError, ValueError, TypeError):
            raise SignOffError(
                "it does not say who did what when",
                where=where,
                allowed=", ".join(("by", "role", "day", *self.holds)),
                do=RESTORE,
            ) from None
        if event.get("rehearsal") is True and "signature" not in event and "key" not in event:
            return
        unsigned = {k: v for k, v in event.items() if k != "signature"}
        try:
            if not isinstance(event.get("signature"), str) or "rehearsal" in event:
                raise BadSignature("it is not signed")
            identity = check_signature(
                written(unsigned), event["signature"], signers=self.signers, day=day
            )
        except BadSignature as problem:
            raise SignOffError(
                f"nobody vouches for this line: {problem}",
                where=where,
                allowed=(
                    "a line that was signed by a key of data_contracts/allowed_signers, whose lines"
                    " stay for ever"
                ),
                do=RESTORE,
            ) from None
        if plain(name) != plain(identity.name) or event.get("key") != identity.fingerprint:
            raise SignOffError(
                f"it says {name}, and is signed with the key of {identity.name}",
                where=where,
                allowed="the person whose key it is",
                do=RESTORE,
            )
        if role not in identity.roles:
            raise SignOffError(
                f"{name} acts as {role}, which the key does not allow",
                where=where,
                allowed=", ".join(identity.roles),
                do=RESTORE,
            )

    def _require_order(
        self, events: list[dict[str, Any]], event: Mapping[str, Any], *, where: str
    ) -> None:
        if events and event["day"] < events[-1]["day"]:
            raise SignOffError(
                f"{event['day']} lies before {events[-1]['day']}, the day of the event before",
                where=where,
                allowed="days in their order",
                do="give the day on which it is done (DATE=); else " + RESTORE,
            )

    def _require_noted(self, events: list[dict[str, Any]]) -> None:
        """The heads of the folder know these events, no more and no less."""
        if self.folder is None or not keeps_heads(self.folder):
            return
        noted = read_heads(self.folder)
        for event in events:
            require_known(noted, event.get("heads"), by=f"{self.path.name} line {event['number']}")


def open_chain(project: Project, name: str, *, path: Path, holds: tuple[str, ...] = ()) -> Chain:
    """A record by its name and its file, and what every event of it says. In the folder
    of releases its events are noted in `heads.jsonl` as well.
    """
    inside = path.is_relative_to(project.releases)
    return Chain(
        name,
        path,
        read_signers(project.contracts),
        project.releases if inside else None,
        holds,
        lambda: {project.journal.name: seal} if (seal := seal_of_journal(project.journal)) else {},
    )


def is_rehearsal(events: list[dict[str, Any]]) -> bool:
    """Whether a record is a rehearsal: then nothing in it counts."""
    return any("rehearsal" in event for event in events)


def _require_kind(who: Person, path: Path, *, before: list[dict[str, Any]]) -> None:
    if any(("rehearsal" in event) != who.rehearses for event in before):
        was, now = (
            ("what was signed", "a rehearsal")
            if who.rehearses
            else ("a rehearsal", "what is signed")
        )
        raise SignOffError(
            f"{now} cannot follow {was}",
            where=str(path),
            allowed="one of them in all records of a folder",
            do=(
                "rehearse in a copy (SELEC_RETURNS, SELEC_OUTPUTS)"
                if who.rehearses
                else (
                    "move what was rehearsed away (the folder of releases, the log of queries) and"
                    " begin anew"
                )
            ),
        )
