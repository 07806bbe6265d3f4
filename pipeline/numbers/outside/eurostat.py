"""What did Eurostat publish for the European Union? Totals over its member states of
persons found illegally present and refused entry.

Read are the whole of every breakdown and the Union of today, in each form that the
service gives. A figure of context has no place for a flag: a year that the publisher
marks, as estimated or as a break, is left out, and the account says so.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import OutsideCube
from pipeline.errors import UserError
from pipeline.numbers.outside.taken import Taken
from pipeline.returns.importers.eurostat import (
    code_of,
    confidentiality_of,
    flagged,
    label_of,
    release_of,
)
from pipeline.returns.importers.eurostat_migration import DATASETS
from pipeline.returns.importers.observations import FLAG, TIME, VALUE, Dataset, read_observations
from pipeline.returns.importers.released import day_of_release
from pipeline.returns.importers.sheets import PublishedRow, folded
from pipeline.returns.importers.values import read_number
from pipeline.returns.intake.parse import load_symbols

KINDS = {"CTX_EU_STAY": "present", "CTX_EU_REFUSED": "refused"}
# The Union since 2020, by code and by label as they are compared.
UNION = frozenset({"eu27_2020", "european union - 27 countries (from 2020)"})
_YEAR = re.compile(r"\d{4}")


def read(path: Path, contracts: Contracts, cube: OutsideCube) -> Taken:
    """Read the totals of the Union into figures of a cube. Raises UserError when it is
    another table, or has no such total.
    """
    dataset = DATASETS[KINDS[cube.name]]
    published = read_observations(path, {KINDS[cube.name]: dataset}, contracts=contracts)
    figures: dict[tuple[str, ...], Decimal] = {}
    first: dict[str, PublishedRow] = {}
    remarks = list(published.remarks)
    for row in published.rows:
        if not _is_total_of_union(row, dataset):
            continue
        year = row.text(TIME)
        if not _YEAR.fullmatch(year):
            raise UserError(
                f"'{year[:40]}' is no year",
                where=f"{path} {row.where}",
                allowed="annual data",
                do="download annual data, and name the file with FILE=",
            )
        before = first.setdefault(year, row)
        if row.text(VALUE) != before.text(VALUE) or row.text(FLAG) != before.text(FLAG):
            raise UserError(
                f"{year} is '{before.text(VALUE)}' and '{row.text(VALUE)}'",
                where=f"{path} {before.where} and {row.where}",
                allowed="one figure a year",
                do="download the table again, and name the file with FILE=",
            )
        if before is not row:
            continue
        number, status, note = flagged(
            read_number(row.value(VALUE), 0, symbols=load_symbols(contracts.codelists)),
            row.text(FLAG),
            confidentiality=confidentiality_of(row),
        )
        if number.rule or not number.text.isdigit():
            remarks.append(f"{year} left out: '{number.raw}' is no number")
        elif status or note:
            remarks.append(f"{year} left out: the publisher marks it '{row.text(FLAG) or note}'")
        else:
            figures[(cube.area, year)] = Decimal(number.text)
    if not first:
        raise UserError(
            "there is no total of the European Union of 27 states",
            where=str(path),
            allowed="rows of EU27_2020 with the total of every breakdown, in persons",
            do="download the table with the European Union, and name the file with FILE=",
        )
    release = day_of_release(release_of(published))
    return Taken(cube, release, len(published.rows), figures, tuple(remarks))


def _is_total_of_union(row: PublishedRow, dataset: Dataset) -> bool:
    if folded(code_of(row, "geo")) not in UNION or label_of(row, "unit") != "person":
        return False
    parts = (d for d in dataset.dimensions if d not in ("geo", "unit"))
    return all(label_of(row, part) == "total" for part in parts)
