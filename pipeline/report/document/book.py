"""What does an expert meeting get to read? The book of a meeting, from the restricted
store of a report.

It is written by the code that writes the report: the same exhibits, texts and ledger.
It names no state in an answer, and its marking says that it is a working paper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline.contracts.definitions import read_report_file
from pipeline.errors import UserError
from pipeline.report.document.compose import (
    Definition,
    Writer,
    cutoff_of,
    describe_document,
    read_definition,
)
from pipeline.report.document.contributed import SECTION, TABLE
from pipeline.report.document.order import CHARTS
from pipeline.report.document.worker import answer, confine_renderer
from pipeline.report.exhibits.answers import SESSION, sessions_told, states_that_judged
from pipeline.report.exhibits.judged_cells import AFTER, BEFORE
from pipeline.report.ledger import Sentence, ledger_json
from pipeline.report.printing import Printing
from pipeline.report.store import Store
from pipeline.returns.meetings.texts import (
    GAPS,
    MeetingText,
    evaluation_of,
    meeting_name,
    meeting_texts,
)
from pipeline.system.page_templates import mistakes_told

RESTRICTED = "restricted"  # the version whose store a book is made from
PDF, LEDGER = "book.pdf", "shown.json"


@dataclass(frozen=True)
class BookOrder:
    """The book of a meeting, the store it is made from, and the folder to write to. Paths
    are absolute.
    """

    root: Path
    store: Path
    out: Path
    report: str
    meeting: int


@dataclass(frozen=True)
class Topic:
    """A topic of a crime area: its name, and pairs of a reference line and a text."""

    name: str
    texts: tuple[tuple[str, str], ...]


def read_book(templates: Path, report: str, *, meeting: int) -> Definition:
    """The book as a document: the report's restricted version with chapters, name, number
    and marking of its own. Raises UserError where the report has none.
    """
    own = read_report_file(templates, report)
    if not own.meeting:
        raise UserError(
            f"{report} has no book for meetings",
            where=f"templates/{report}/report.yaml",
            do="list its chapters under 'meeting'",
        )
    name = meeting_name(meeting)
    restricted = read_definition(templates, report, version=RESTRICTED)
    return replace(
        restricted,
        title=f"Book of the {name}",
        subtitle=own.title,
        reference=f"{own.reference}/M{meeting}",
        chapters=own.meeting,
        marking=f"Working paper, {name.replace(' expert', '')}. {restricted.marking}",
        open_data=False,
    )


def texts_of(store: Store) -> list[MeetingText]:
    """Every text that the meeting may amend, gaps among them, in the order of the store."""
    return list(
        meeting_texts((c.area, c.topic, c.text, evaluation_of(c.head)) for c in store.contributions)
    )


class BookWriter(Writer):
    """Writes the chapters of a book. Their templates may call `answered`, `is_assessed`,
    `to_amend` and `gaps` beside what those of reports may.
    """

    def at_meeting(self, number: int) -> None:
        """Tell of the sessions that a meeting has before it. Its book is a working paper: the
        texts of the round are read and marked when the meetings are over.
        """
        self.narrative.asks_review = False
        self.values = {**self.values, SESSION: BEFORE if number == 1 else AFTER}

    def leaves_out(self, path: Path) -> bool:
        return False  # what a meeting is asked does not hang on figures

    def calls(self) -> dict[str, Any]:
        session = sessions_told(self.values)[-1]
        more = {
            "answered": self.answered,
            "is_assessed": self.is_assessed,
            "to_amend": self.to_amend,
            "gaps": self.gaps,
            "is_second": session == AFTER,
        }
        return {**super().calls(), **more}

    def answered(self, area: str = "") -> bool:
        """Whether any state judged a crime area, or any area, in a session that is told."""
        table = next((t for t in self.store.contracts.tables if t.name == TABLE), None)
        if table is None or not self.store.is_asked(TABLE):
            return False
        areas = [area] if area else [c.code for c in table.dimension("area").codes]
        told = sessions_told(self.values)
        return any(states_that_judged(self.store, a, session=s) for a in areas for s in told)

    def is_assessed(self) -> bool:
        """Whether anything was submitted: an answer, or a text."""
        return self.answered() or bool(self.store.contributions)

    def to_amend(self, area: str) -> Markup:
        """The texts of a crime area that the meeting may amend, by topic."""
        return self._texts(area, is_gap=False)

    def gaps(self, area: str) -> Markup:
        """What states wrote that nobody knows yet."""
        return self._texts(area, is_gap=True)

    def _texts(self, area: str, *, is_gap: bool) -> Markup:
        found: dict[str, list[MeetingText]] = {}
        for own in texts_of(self.store):
            if own.area == area and (own.topic == GAPS) == is_gap:
                found.setdefault(own.topic, []).append(own)
        topics = []
        for topic, texts in found.items():
            for own in texts:
                for said in (own.head, own.text):
                    place = f"{SECTION}.{area}.{topic}.{own.number}"
                    self.store.note(Sentence(said, said, place, said, {}))
            name = self.store.label(TABLE, "topic", code=topic)
            topics.append(Topic(name, tuple((own.head, own.text) for own in texts)))
        block: Markup = self.macros.to_amend(topics)
        return block if topics else Markup("")


def build_book(store: Printing, templates: Path, *, meeting: int) -> str:
    """The HTML of a book; what it prints is noted in the store. Raises UserError,
    NarrativeError.
    """
    from pipeline.report.charts.palette import page_colours
    from pipeline.system.pdf.fonts import font_faces

    definition = read_book(templates, store.report, meeting=meeting)
    writer = BookWriter(store, templates, definition)
    writer.at_meeting(meeting)
    first, *others = [Markup(writer.write_chapter(name)) for name in definition.chapters]
    with mistakes_told(templates):
        return writer.environment.get_template("meetings/book.html.j2").render(
            doc=describe_document(store, templates, definition),
            fonts=font_faces(),
            colours=page_colours(definition.colour, store.version),
            contents=writer.contents,
            tables=[],
            figures=[],
            opening=first,
            chapters=others,
        )


# In the confined process.


def write_book_apart(tell: Callable[[str], None], order: BookOrder) -> None:
    """In a process of its own: confine it for good, then write a book and its ledger."""
    confine_renderer(order.root, order.store, order.out)
    answer(tell, lambda: _write_book(order))


def _write_book(order: BookOrder) -> None:
    from pipeline.contracts.model import load_contracts
    from pipeline.report.charts.remembered import read_charts
    from pipeline.system.pdf.write import render_pdf

    templates = order.root / "templates"
    contracts = load_contracts(order.root / "data_contracts")
    charts = read_charts(order.out / CHARTS)
    store = Printing(order.store, contracts, report=order.report, version=RESTRICTED, charts=charts)
    html = build_book(store, templates, meeting=order.meeting)
    definition = read_book(templates, order.report, meeting=order.meeting)
    (order.out / LEDGER).write_text(ledger_json(store.shown), encoding="utf-8")
    day: date = cutoff_of(store)
    render_pdf(
        html,
        order.out / PDF,
        base_folder=templates,
        title=f"{definition.title}, {store.round}",
        subject=f"Working paper, reference year {store.round}",
        date=datetime.combine(day, time(12), UTC),
        attachments=[],
    )
