"""What does a reminder look like as a mail? One message with the letter attached, ready
to be opened and sent by a person, or to be handed to a relay.

The same letter and settings give the same bytes. What leaves bears another Date, that
of its leaving, and a Message-ID with its number.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, time
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from pipeline.contracts.mail import Mail
from pipeline.returns.round.reminder_letter import ReminderLetter

_NOWHERE = "selec.invalid"  # of the identity of a message that nobody's settings vouch for


def draft_message(letter: ReminderLetter, mail: Mail | None, *, zone: str) -> EmailMessage:
    """The message as a draft that mail programs open for sending. Without settings, or
    without an address of the state, nobody stands in it whom it would go to.
    """
    day = datetime.combine(letter.reminder.day, time(), ZoneInfo(zone))
    message = _message(letter, mail, number=0)
    message["Date"] = format_datetime(day)
    message["X-Unsent"] = "1"  # so that a program opens it as something to be sent
    return message


def sent_message(
    letter: ReminderLetter, mail: Mail, *, number: int, moment: datetime
) -> EmailMessage:
    """The message as it leaves at a moment; `number` counts the reminders of a state in
    the round.
    """
    message = _message(letter, mail, number=number)
    message["Date"] = format_datetime(moment)
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's absence note answers it
    return message


def _message(letter: ReminderLetter, mail: Mail | None, *, number: int) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = letter.title
    if mail:
        message["From"] = Address(mail.name, addr_spec=mail.address)
        if mail.reply_to:
            message["Reply-To"] = Address(addr_spec=mail.reply_to)
        if reached := mail.reached(letter.reminder.state):
            message["To"] = [Address(addr_spec=a) for a in reached.to]
            if reached.cc:
                message["Cc"] = [Address(addr_spec=a) for a in reached.cc]
    message.set_content(letter.text, cte="quoted-printable")
    message.add_attachment(
        letter.pdf, maintype="application", subtype="pdf", filename=f"{letter.name}.pdf"
    )
    told = f"{letter.name}\n{number}\n{letter.text}".encode()
    identity = hashlib.sha256(told + letter.pdf).hexdigest()[:32]
    message["Message-ID"] = f"<{identity}@{mail.domain if mail else _NOWHERE}>"
    # A boundary by chance would make every file another one. "=_" stands in no part.
    message.set_boundary(f"=_{identity}")
    return message
