"""What does the letter say with which a state gets its forms? What is asked, by when,
and how the forms are filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.contracts.definitions import read_version_texts
from pipeline.contracts.sender_binds import FOR_STATES
from pipeline.project import Project
from pipeline.returns.feedback.paper import Paper, on_paper
from pipeline.returns.texts import N_, Texts


@dataclass(frozen=True)
class Asked:
    """A return that a state is asked for: the title of its report, its workbook, the day
    on which it is due (None where none is entered), whether that was extended, its
    sheets and the figures that it shows in grey; the office whose part it is, where the
    return comes in parts.
    """

    title: str
    file: str
    due: date | None
    extended: bool
    sheets: int
    grey: int
    office: str = ""


@dataclass(frozen=True)
class OpeningLetters:
    """Writes the letters of a round that opens. `dated` is the day on which it does;
    None where it is not entered.
    """

    project: Project
    texts: Texts
    round: int
    dated: date | None

    def pdf(self, name: str, asked: Sequence[Asked], *, is_member: bool) -> bytes:
        """The letter to a state. The same returns give the same bytes."""
        paper = Paper(self.project, self.texts)
        said = self.texts.say(N_("Opening of round {round}: {state}"))
        title = said.format(state=name, round=self.round)
        marking = read_version_texts(self.project.templates)[FOR_STATES].marking
        view = {
            "title": title,
            "name": on_paper(name),
            "round": self.round,
            "is_member": is_member,
            "marking": marking,
            "dated": paper.day(self.dated),
            "asked": [
                {
                    "title": f"{a.title}, {a.office}" if a.office else a.title,
                    "file": a.file,
                    "due": paper.day(a.due),
                    "extended": a.extended,
                    "sheets": paper.number(a.sheets),
                    "grey": paper.number(a.grey),
                }
                for a in asked
            ],
            "in_parts": any(a.office for a in asked),
            "without_day": [a.title for a in asked if a.due is None],
            "has_grey": any(a.grey for a in asked),
        }
        with TemporaryDirectory() as folder:  # only its owner can look into it
            output = Path(folder) / "letter.pdf"
            paper.pdf(
                "opening.html.j2",
                view,
                output=output,
                title=title,
                subject=marking,
                day=self.dated or date(self.round + 1, 1, 1),
            )
            return output.read_bytes()
