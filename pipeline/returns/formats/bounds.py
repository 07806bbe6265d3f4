"""Is what a file holds of a size that a return can have? Checked in one place for every
format.
"""

from __future__ import annotations

from pipeline.returns.formats.raw import DamagedFile, RawSheet, RawWorkbook

MAX_CELLS = 100_000  # filled cells of one file; the largest form has about ten thousand
MAX_MERGED = 50_000  # cells under merged ranges
MAX_TEXT = 32_767  # characters of one cell: what Excel itself allows
MAX_CHARACTERS = 1_000_000  # of all cells; each of them is searched for what must not come in
MAX_FORMULAS = 3_000_000  # of all formulas; a form that checks itself has below one million
MAX_NAME = 100  # characters of the name of a sheet; Excel allows 31


def check_bounds(workbook: RawWorkbook) -> RawWorkbook:
    """The workbook as it is. Raises DamagedFile when it is larger than a return can be,
    or names two sheets alike.
    """
    names = [s.name.casefold() for s in workbook.sheets]
    if len(set(names)) < len(names):
        raise DamagedFile("unreadable-file", "two sheets of the same name")
    if strange := [
        s.name for s in workbook.sheets if not s.name.isprintable() or len(s.name) > MAX_NAME
    ]:
        raise DamagedFile(
            "unsafe-file", f"a sheet whose name cannot be printed: {strange[0][:MAX_NAME]!a}"
        )
    if sum(len(s.cells) for s in workbook.sheets) > MAX_CELLS:
        raise DamagedFile("unsafe-file", f"more than {MAX_CELLS:,} cells")
    ranges = [r for s in workbook.sheets for r in s.merged]
    merged = sum((bottom - top + 1) * (right - left + 1) for top, left, bottom, right in ranges)
    if merged > MAX_MERGED:
        raise DamagedFile("unsafe-file", f"{merged:,} cells under merged ranges")
    for sheet in workbook.sheets:
        _check_texts(sheet)
    cells = [cell for sheet in workbook.sheets for cell in sheet.cells.values()]
    if sum(len(cell.text) for cell in cells) > MAX_CHARACTERS:
        raise DamagedFile("unsafe-file", f"more than {MAX_CHARACTERS:,} characters")
    if sum(len(cell.formula) for cell in cells) > MAX_FORMULAS:
        raise DamagedFile("unsafe-file", f"more than {MAX_FORMULAS:,} characters of formulas")
    return workbook


def _check_texts(sheet: RawSheet) -> None:
    for cell in sheet.cells.values():
        if len(cell.text) > MAX_TEXT or len(cell.formula) > MAX_TEXT:
            raise DamagedFile(
                "unsafe-file", f"a text of more than {MAX_TEXT:,} characters in {cell.address}"
            )
