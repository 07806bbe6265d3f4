"""How is a workbook of trafficking in persons made up by a test? In the layout of UNODC's
releases: banner rows, a header, one row a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

RELEASE = "14/04/2025"
HEADS = (
    "Iso3_code",
    "Country",
    "Region",
    "Subregion",
    "Indicator",
    "Dimension",
    "Category",
    "Sex",
    "Age",
    "Year",
    "Unit of measurement",
    "txtVALUE",
    "Source",
)
GB = ("GBR", "United Kingdom of Great Britain and Northern Ireland")
DE, CH, RO = ("DEU", "Germany"), ("CHE", "Switzerland"), ("ROU", "Romania")


def victims(
    country: tuple[str, str], citizenship: str, value: Any, year: Any = 2022, **other: Any
) -> tuple[Any, ...]:
    row = dict.fromkeys(HEADS, "") | {
        "Iso3_code": country[0],
        "Country": country[1],
        "Indicator": "Detected trafficking victims",
        "Dimension": "by citizenship",
        "Category": citizenship,
        "Sex": "Total",
        "Age": "Total",
        "Year": year,
        "Unit of measurement": "Counts",
        "txtVALUE": value,
        "Source": "GLOTIP",
    }
    return tuple((row | other).values())


def workbook(
    folder: Path,
    *rows: Sequence[Any],
    banner: Sequence[Sequence[Any]] = (("UNODC",), (RELEASE,)),
    heads: Sequence[str] = HEADS,
) -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    for line in (*banner, heads, *rows):
        sheet.append(list(line))
    path = folder / "glotip.xlsx"
    book.save(path)
    return path
