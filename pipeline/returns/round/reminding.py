"""How does a reminder come to its state? Letters and drafts beside the round, and, when
somebody asks for it, mail through the relay, once for each occasion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.contracts.mail import MAIL, NAMED_BY, PAGE, Mail, Relay
from pipeline.errors import MailError, UserError
from pipeline.project import Project
from pipeline.returns.round.message import draft_message, sent_message
from pipeline.returns.round.relay import connected
from pipeline.returns.round.reminder_letter import ReminderLetter, write_letter
from pipeline.returns.round.reminders import Reminder
from pipeline.returns.round.sent import Sending, add_sent, keep_message, last_of, read_sent
from pipeline.returns.texts import load_texts
from pipeline.system.files import write_private

ENDINGS = (".pdf", ".eml")


@dataclass(frozen=True)
class Outcome:
    """What became of the reminder of a state, in a word and in a sentence."""

    state: str
    event: str  # sent, refused, unknown, sent before
    told: str


def reminders_folder(project: Project, round_: int) -> Path:
    return project.round_folder(round_) / "reminders"


def write_reminders(
    project: Project,
    reminders: Sequence[Reminder],
    *,
    round_: int,
    mail: Mail | None,
    zone: str,
    whole: bool,
) -> list[ReminderLetter]:
    """Write a letter and a draft for each reminder. With `whole` these are all of the
    day: what lies there of other states is removed, so that nobody is reminded of a
    return that came.
    """
    texts = load_texts(project)
    letters = [write_letter(project, texts, reminder=reminder) for reminder in reminders]
    for letter in letters:
        draft = draft_message(letter, mail, zone=zone).as_bytes()
        for ending, content in zip(ENDINGS, (letter.pdf, draft), strict=True):
            write_private(files_of(project, letter, ending), content)
    names = {letter.name for letter in letters}
    for path in reminders_folder(project, round_).glob("*-reminder.*") if whole else ():
        if path.suffix in ENDINGS and path.stem not in names:
            path.unlink()
    return letters


def files_of(project: Project, letter: ReminderLetter, ending: str) -> Path:
    return reminders_folder(project, letter.reminder.round) / f"{letter.name}{ending}"


def require_relay(mail: Mail | None) -> Relay:
    """The relay of the settings. Raises UserError where nothing can be sent."""
    if mail and mail.relay:
        return mail.relay
    raise UserError(
        "no relay is named: nothing is sent" if mail else "there are no settings of mail",
        where=str(mail.path) if mail else MAIL,
        allowed=f"'relay' in {MAIL} beside the contracts, or in the file that {NAMED_BY} names",
        do=f"enter it, see {PAGE}; or send the .eml files by hand, without SEND=yes",
    )


def require_addresses(mail: Mail, reminders: Iterable[Reminder]) -> None:
    """Raises UserError that names the states without an address: no address is guessed,
    and nothing is sent to the others meanwhile.
    """
    missing = [r.state for r in reminders if mail.reached(r.state) is None]
    if missing:
        raise UserError(
            f"there is no address of {', '.join(missing)}: nothing was sent",
            where=str(mail.path),
            allowed="an entry under 'states' for each state that is written to",
            do="enter the address that the state gave, or send to one state: STATE=",
        )


def send_reminders(
    project: Project, letters: Sequence[ReminderLetter], *, mail: Mail, by: str, again: bool
) -> Iterator[Outcome]:
    """Send what was not sent yet for its occasion, or all of it `again`; yields what
    became of each. What leaves is in the record, and stays there whatever happens next.

    Raises MailError where the relay cannot be reached, or breaks off; UserError where
    the settings do not do.
    """
    relay = require_relay(mail)
    require_addresses(mail, (letter.reminder for letter in letters))
    waiting = []
    for letter in letters:
        before = _sent_before(project, letter.reminder)
        if before and not again:
            yield before
        else:
            waiting.append(letter)
    if not waiting:
        return
    with connected(relay) as connection:
        for letter in waiting:
            moment = datetime.now(UTC).replace(microsecond=0)
            number = 1 + len(
                last_of(read_sent(project, letter.reminder.round), letter.reminder.state)
            )
            content = sent_message(letter, mail, number=number, moment=moment).as_bytes()
            sending = _sending(
                project, letter, mail, number=number, content=content, moment=moment, by=by
            )
            connection.require_open()
            add_sent(project, letter.reminder.round, sending)
            handed = connection.send(content, sender=mail.address, to=sending.to)
            if handed.event == "unknown":
                yield Outcome(sending.state, "unknown", handed.told)
                raise MailError(
                    f"nobody knows whether what was written to {sending.state} left: {handed.told}",
                    where=relay.host,
                    do="ask who runs the relay; where it did not leave, send it with AGAIN=yes",
                )
            note = f"not taken: {', '.join(handed.not_taken)}" if handed.not_taken else handed.told
            after = replace(sending, event=handed.event, note=note)
            add_sent(project, letter.reminder.round, after)
            reached = f"to {', '.join(sending.to)}" if handed.event == "sent" else ""
            yield Outcome(
                sending.state, handed.event, "; ".join(part for part in (reached, note) if part)
            )


def _sent_before(project: Project, reminder: Reminder) -> Outcome | None:
    """What became of a reminder that already left for all its occasions; None where it
    has to leave.
    """
    lines = [
        s
        for s in last_of(read_sent(project, reminder.round), reminder.state)
        if s.event != "refused"
    ]
    if set(reminder.occasions) - {occasion for s in lines for occasion in s.occasions}:
        return None
    last = next(s for s in reversed(lines) if set(s.occasions) & set(reminder.occasions))
    if last.event == "sending":
        told = f"nobody knows whether the message of {last.at} left; AGAIN=yes sends it again"
        return Outcome(reminder.state, "unknown", told)
    return Outcome(reminder.state, "sent before", f"at {last.at} by {last.by}")


def _sending(
    project: Project,
    letter: ReminderLetter,
    mail: Mail,
    *,
    number: int,
    content: bytes,
    moment: datetime,
    by: str,
) -> Sending:
    reminder = letter.reminder
    reached = mail.reached(reminder.state)
    assert reached
    file, digest = keep_message(
        project, reminder.round, name=f"{letter.name}-{number}.eml", content=content
    )
    return Sending(
        "sending",
        reminder.state,
        number,
        reminder.occasions,
        (*reached.to, *reached.cc),
        by,
        moment.isoformat(),
        require_relay(mail).host,
        file,
        digest,
    )
