"""Do the figures of a round meet the totals that their source printed elsewhere? Those
that do not keep a table out.

An anchor speaks of a source. It is compared where the covers of the returns name that
source for the table and no other one: a state that counts for itself is not measured by
what somebody else printed of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from pipeline.cells import Key
from pipeline.contracts.anchors import REGION, Anchor, areas_of, compare, load_anchors, number_text
from pipeline.contracts.layout import SOURCE_FIELD
from pipeline.contracts.model import Contracts, Table
from pipeline.findings import Finding, Severity
from pipeline.project import Project
from pipeline.returns.intake.reading import FileReading, RoundReading
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.texts import N_
from pipeline.system.kept import open_database

NOT_COMPARED = N_("figures that can be set beside a total printed elsewhere")
NOTHING_TO_DO = N_("nothing, if there is no figure")
GIVE_THE_SOURCE = N_(
    "give the figures of the source that the cover names, or name the source that they are from"
)


def check_anchors(
    project: Project, contracts: Contracts, *, round_: int, reading: RoundReading
) -> list[Finding]:
    """An error for each table whose figures miss a printed total, a note where one
    could not be compared.
    """
    staged = project.work(round_) / STAGED
    findings: list[Finding] = []
    for anchor in load_anchors(contracts.folder, contracts):
        table = contracts.table(anchor.cube)
        areas = areas_of(anchor, contracts)
        is_asked = anchor.year in contracts.contract(table.report).years(round_) and (
            anchor.area == REGION or anchor.area in contracts.codelist("states")
        )
        files: dict[str, FileReading] = {}
        for file in reading.files:
            if file.report != table.report or file.outcome != "read":
                continue
            # Of the parts of a return the one that names the source.
            if file.state not in files or not file.office or _names(file, anchor):
                files[file.state] = file
        naming = [a for a in areas if a in files and _names(files[a], anchor)]
        if is_asked and naming:
            findings += _check(
                anchor,
                table,
                areas=areas,
                naming=naming,
                files=files,
                staged=staged,
                version=contracts.contract(table.report).version,
            )
    return findings


def _names(file: FileReading, anchor: Anchor) -> bool:
    """Whether the cover names the source of the anchor for its table, and no other."""
    named = file.cover.get(SOURCE_FIELD + anchor.cube, "").strip()
    return named == anchor.cited or (
        not anchor.release and ";" not in named and named.startswith(anchor.cited + ",")
    )


def _check(
    anchor: Anchor,
    table: Table,
    *,
    areas: tuple[str, ...],
    naming: list[str],
    files: dict[str, FileReading],
    staged: Path,
    version: str,
) -> Iterator[Finding]:
    cells = _read_cells(staged, table, anchor=anchor)
    comparison = compare(anchor, {key: value for key, (value, _) in cells.items()}, naming)
    missing = [a for a in areas if a not in naming or a in comparison.missing]

    def finding(state: str, severity: Severity, *, found: str, allowed: str, do: str) -> Finding:
        own = [(key, address) for key, (_, address) in sorted(cells.items()) if key.state == state]
        key, address = own[0] if len(own) == 1 else (None, "")
        return Finding(
            round=files[state].round,
            report=table.report,
            state=state,
            file=files[state].file,
            sheet=table.layout.sheet,
            cell=address,
            table=table.name,
            key=str(key or ""),
            rule=f"{table.name}.anchor",
            severity=severity,
            found=found,
            allowed=allowed,
            do=do,
            contract_version=version,
        )

    if missing:
        # A sum without one of its states is no total: what is printed of all of them
        # says nothing about the rest.
        for state in naming:
            yield finding(
                state,
                "note",
                found=(
                    f"{anchor.id}: not compared, no figure of this source from {', '.join(missing)}"
                ),
                allowed=NOT_COMPARED,
                do=NOTHING_TO_DO,
            )
    elif comparison.is_missed:
        for state in naming:
            yield finding(
                state,
                "error",
                found=f"{anchor.id}: {anchor.cells} adds up to"
                f" {number_text(comparison.found or Decimal(0))}",
                allowed=anchor.allowed,
                do=GIVE_THE_SOURCE,
            )


def _read_cells(
    staged: Path, table: Table, *, anchor: Anchor
) -> dict[Key, tuple[Decimal | None, str]]:
    """The figures that an anchor adds up, whosever they are, with the address of each."""
    columns = ", ".join(table.key_dimensions)
    with open_database(staged) as connection:
        rows = connection.execute(
            f"select {columns}, value, usable, address from {table.sql_name} where year = ? order"
            " by rowid",
            [anchor.year],
        ).fetchall()
    found: dict[Key, tuple[Decimal | None, str]] = {}
    for *codes, value, usable, address in rows:
        key = Key(table.name, tuple(str(c) for c in codes))
        if anchor.covers(key):
            found.setdefault(key, (value if usable else None, address))
    return found
