"""How does a proof sheet look on paper? A letter, then the figures of each report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

from pipeline.project import Project
from pipeline.release.proofs.figures import SheetFigure
from pipeline.release.proofs.sheets import ProofSheet, ReportSheet
from pipeline.returns.feedback.words import clean
from pipeline.system.page_templates import mistakes_told, open_templates

MARKING = "Working paper. For law enforcement and judicial use only"


@dataclass(frozen=True)
class Series:
    """A series of figures over the years before the reference year: the text for each
    year, and the versions in which it is hidden.
    """

    label: str
    unit: str
    years: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class TableOfFigures:
    """The figures of one table: those of the reference year, and the earlier ones."""

    title: str
    now: tuple[SheetFigure, ...]
    earlier: tuple[Series, ...]
    years: tuple[int, ...]


def tables_of(report: ReportSheet, round_: int) -> Iterator[TableOfFigures]:
    """The figures of a report that are there, table by table."""
    for title in dict.fromkeys(figure.table for figure in report.reported):
        own = [figure for figure in report.reported if figure.table == title]
        years = tuple(sorted({figure.year for figure in own if figure.year < round_}))
        series: dict[tuple[str, str], dict[int, SheetFigure]] = {}
        for figure in own:
            if figure.year < round_:
                series.setdefault((figure.label, figure.unit), {})[figure.year] = figure
        yield TableOfFigures(
            title,
            tuple(figure for figure in own if figure.year == round_),
            tuple(
                Series(label, unit, tuple(_of_year(found.get(year)) for year in years))
                for (label, unit), found in series.items()
            ),
            years,
        )


def _of_year(figure: SheetFigure | None) -> tuple[str, tuple[str, ...]]:
    """The text of a figure where it is shown the widest, and where it is hidden."""
    if figure is None:
        return "", ()
    shown = next((s for s in figure.shown.values() if s.how in ("printed", "data")), None)
    return (str(shown) if shown else "hidden"), figure.hidden_in


def write_pdf(project: Project, sheet: ProofSheet, output: Path) -> None:
    """Render the sheet. Raises RenderError where it does not conform."""
    from pipeline.system.pdf.fonts import font_faces
    from pipeline.system.pdf.write import render_pdf

    folder = project.templates
    title = f"Proof sheet of round {sheet.round}: {sheet.name}"
    environment = open_templates(folder, trim_blocks=True, lstrip_blocks=True)
    environment.filters["clean"] = clean
    with mistakes_told(folder):
        html = environment.get_template("proofs/sheet.html.j2").render(
            sheet=sheet,
            title=title,
            marking=MARKING,
            fonts=font_faces(),
            dated=any(r.until and r.until >= sheet.made for r in sheet.reports),
            reports=[(report, list(tables_of(report, sheet.round))) for report in sheet.reports],
        )
    render_pdf(
        html,
        output,
        base_folder=folder,
        title=title,
        subject=MARKING,
        date=datetime.combine(sheet.made, time(12), UTC),
        attachments=[],
    )
