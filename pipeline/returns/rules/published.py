"""Is a return far from what a publisher printed of the same state and year? Such a figure
is asked about, beside the one that was published.

What was published after the day of a return was not there to agree with, so it is not
held against it. A `<5` may be anything from nothing to four; a figure that its sender
keeps back otherwise is compared with nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipeline.cells import SUPPRESSED_HIGHEST, Key
from pipeline.contracts.anchors import number_text
from pipeline.contracts.model import Contracts, Table
from pipeline.contracts.published import (
    Bounds,
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
from pipeline.returns.texts import N_
from pipeline.system.kept import open_database

RULE = "published"
SAY_WHY = N_("correct the figure, or say why it differs from the published one")
_SUPPRESSED = "Q"


@dataclass(frozen=True)
class _Reported:
    """A figure of a return beside which a published one can stand."""

    key: Key
    raw: str
    bounds: Bounds
    file: str
    sheet: str
    address: str


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
        for reported in _read_reported(staged, table, keys=published):
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
    return not file.received or released <= date.fromisoformat(file.received)


def _is_far(reported: _Reported, published: PublishedFigure, *, series: Published) -> bool:
    return reported.bounds.distance(published.bounds) > series.tolerance(published)


def _finding(
    reported: _Reported,
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


def _read_reported(staged: Path, table: Table, *, keys: Iterable[Key]) -> Iterator[_Reported]:
    """The figures of returns that have a published one, one a key: duplicates have a rule
    of their own.
    """
    wanted = {str(key): key for key in keys}
    with open_database(staged) as connection:
        rows = connection.execute(
            f"""select key, coalesce(raw, ''), value, obs_status, file, sheet, address
            from {table.sql_name}
            where usable
            qualify row_number() over (partition by key order by rowid) = 1
            order by rowid"""
        ).fetchall()
    for text, raw, value, status, file, sheet, address in rows:
        if (key := wanted.get(str(text))) is None:
            continue
        if value is not None:
            yield _Reported(key, raw, Bounds(value, value), file, sheet, address)
        elif status == _SUPPRESSED and raw.lstrip().startswith("<"):
            highest = Decimal(SUPPRESSED_HIGHEST)
            yield _Reported(key, raw, Bounds(Decimal(0), highest), file, sheet, address)
