"""What does a reminder say to a state? The same sentences on paper and in a mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.project import Project
from pipeline.returns.feedback.paper import Paper
from pipeline.returns.round.reminders import OwedReturn, Reminder
from pipeline.returns.texts import N_, Texts


@dataclass(frozen=True)
class ReminderLetter:
    """A reminder in words: its title, its text, and the letter as a PDF."""

    reminder: Reminder
    title: str
    text: str
    pdf: bytes

    @property
    def name(self) -> str:
        """The name of its files, without an ending."""
        return f"{self.reminder.state}-{self.reminder.round}-reminder"


def write_letter(project: Project, texts: Texts, *, reminder: Reminder) -> ReminderLetter:
    """Put a reminder into words. The same reminder gives the same bytes."""
    paper = Paper(project, texts)
    view = _view(reminder, paper)
    with TemporaryDirectory() as folder:  # only its owner can look into it
        output = Path(folder) / "reminder.pdf"
        paper.pdf(
            "reminder.html.j2",
            view,
            output=output,
            title=view["title"],
            subject=texts.say(N_("Reminder")),
            day=reminder.day,
        )
        content = output.read_bytes()
    text = paper.text("reminder.txt.j2", view)
    return ReminderLetter(reminder, view["title"], f"{text.strip()}\n", content)


def _view(reminder: Reminder, paper: Paper) -> Mapping[str, Any]:
    say = paper.texts.say
    return {
        "title": say(N_("Reminder, returns of round {round}: {state}")).format(
            round=reminder.round, state=reminder.name
        ),
        "name": reminder.name,
        "is_member": reminder.is_member,
        "day": paper.day(reminder.day),
        "opening": say(N_("The Center waits for these returns:")),
        "returns": [
            {
                "title": owed.title,
                "due": paper.day(owed.due),
                "extended": owed.extended,
                "standing": _standing(owed, paper),
                "cutoff": paper.day(owed.cutoff),
            }
            for owed in reminder.returns
        ],
        "sentences": _sentences(reminder, paper),
    }


def _standing(owed: OwedReturn, paper: Paper) -> str:
    say = paper.texts.say
    if owed.overdue > 1:
        days = say(N_("{number} days late")).format(number=owed.overdue)
    elif owed.overdue == 1:
        days = say(N_("one day late"))
    elif owed.overdue == 0:
        days = say(N_("due today"))
    elif owed.overdue == -1:
        days = say(N_("one day left"))
    else:
        days = say(N_("{number} days left")).format(number=-owed.overdue)
    came = [say(N_("received and refused") if owed.refused else N_("not received"))]
    if owed.missing or owed.refused_parts:
        told = (
            (N_("part not received: {offices}"), owed.missing),
            (N_("part received and refused: {offices}"), owed.refused_parts),
        )
        came = [say(text).format(offices=", ".join(who)) for text, who in told if who]
    return f"{'; '.join(came)}, {days}"


def _sentences(reminder: Reminder, paper: Paper) -> list[str]:
    say = paper.texts.say
    asked = [
        N_(
            "Please send the form that was made for your state and this round. A cell that stays"
            " empty means: not reported."
        )
    ]
    if any(owed.refused for owed in reminder.returns):
        asked.append(
            N_(
                "A return that was refused counts as not received. The letter on its findings says"
                " what to correct; please send the corrected file under the same name."
            )
        )
    if any(owed.missing or owed.refused_parts for owed in reminder.returns):
        asked.append(
            N_(
                "Of a return that comes in parts only the parts that are named are waited for."
                " Those that came stand, and need not be sent again."
            )
        )
    said = [say(text) for text in asked]
    said.append(say(N_("If the return was sent meanwhile, nothing needs to be done.")))
    return said
