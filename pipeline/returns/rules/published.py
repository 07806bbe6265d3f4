"""Is a return far from what a publisher printed of the same state?

Such a figure is asked about, beside the published one of its year. What was published
after the day of a return was not there to agree with, so it is not held against it; of
a return without a day nobody can tell. A `<5` may be anything from nothing to four; a
figure that its sender keeps back otherwise is compared with nothing.
"""

from __future__ import annotations

from datetime import date

from pipeline.contracts.anchors import number_text
from pipeline.contracts.model import Contracts, Table
from pipeline.contracts.published import (
    Published,
    PublishedFigure,
    load_published,
    load_published_figures,
)
from pipeline.contracts.releases import earliest_release
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.reading import FileReading, RoundReading
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.rules.reported import Reported, read_reported
from pipeline.returns.texts import N_

RULE = "published"
SAY_WHY = N_("correct the figure, or say why it differs from the published one")


def check_published(
    project: Project, contracts: Contracts, *, round_: int, reading: RoundReading
) -> list[Finding]:
    """A query for each figure of a round that is further from a published one than the
    tolerance of its series.
    """
    staged = project.work(round_) / STAGED
    figures = load_published_figures(contracts.folder, contracts)
    files = {file.file: file for file in reading.files}
    findings: list[Finding] = []
    for series in load_published(contracts.folder, contracts):
        table = contracts.table(series.cube)
        if not table.is_asked(round_):
            continue
        published = {figure.key: figure for figure in figures[series.id]}
        version = contracts.contract(table.report).version
        for reported in read_reported(staged, table, keys=published):
            theirs = published[reported.key]
            if _was_there(series, files[reported.file]) and _is_far(
                reported, theirs, series=series
            ):
                findings.append(
                    _finding(
                        reported,
                        theirs,
                        series=series,
                        table=table,
                        round_=round_,
                        version=version,
                    )
                )
    return findings


def _was_there(series: Published, file: FileReading) -> bool:
    """Whether the figures were published by the day of a return."""
    released = earliest_release(series.release)
    assert released is not None  # what published.yaml names is a date
    return bool(file.received) and released <= date.fromisoformat(file.received)


def _is_far(reported: Reported, published: PublishedFigure, *, series: Published) -> bool:
    return reported.bounds.distance(published.bounds) > series.tolerance(published)


def _finding(
    reported: Reported,
    published: PublishedFigure,
    *,
    series: Published,
    table: Table,
    round_: int,
    version: str,
) -> Finding:
    """What is said of a figure that is far from the published one."""
    suppressed = not published.text.isdigit()
    theirs = published.text if suppressed else number_text(published.bounds.highest)
    return Finding(
        round=round_,
        report=table.report,
        state=reported.key.state,
        file=reported.file,
        sheet=reported.sheet,
        cell=reported.address,
        table=table.name,
        key=str(reported.key),
        rule=f"{table.name}.{RULE}",
        severity="query",
        found=f"{reported.raw}; {series.cited}: {theirs}",
        allowed=f"{theirs}, {number_text(series.tolerance(published))} more or less",
        do=SAY_WHY,
        contract_version=version,
    )
