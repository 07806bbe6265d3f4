"""What does a returned CSV file look like with its findings marked? The same lines with one more column, `finding`.

A line keeps its number: nothing is put in between, and the findings of a line stand on one line. What concerns no line
below the header follows at the end, in lines that begin with `#`: `# file` for the whole file, `# line 1` for the
header, `# Cover, line 3, column answer` for the file of the cover.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from pipeline.contracts.codelists import fold
from pipeline.feedback.words import PERSONAL, REMOVED, clean, line_text
from pipeline.files import guarded
from pipeline.findings import Finding
from pipeline.intake.csvfile import decode, read_csv
from pipeline.texts import Texts

COLUMN = "finding"
_LINE = re.compile(r"line (\d+)(?:, column .+)?", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")


def mark_csv(data: bytes, state: str, names: set[str], findings: Sequence[Finding], texts: Texts) -> bytes:
    """The marked copy of a CSV file: UTF-8 with a byte order mark, the delimiter of the original.

    `names` are the column names that the file may have. Raises DamagedFile when the bytes are no text or no table.
    """
    read = read_csv(data, state, names)
    header = read.records[0].line
    text = decode(data, state)[0].removeprefix("\ufeff")
    rows = _numbered(text, read.delimiter)
    at_line: dict[int, list[Finding]] = {}
    at_end: dict[str, list[Finding]] = {}
    for finding in findings:
        match = _LINE.fullmatch(finding.cell)
        line = int(match[1]) if match and not finding.sheet else 0
        if line > header and line in rows:
            at_line.setdefault(line, []).append(finding)
        else:
            place = ", ".join(p for p in (finding.sheet, finding.cell) if p) or "file"
            at_end.setdefault(f"# {place}", []).append(finding)
    columns = [fold(f) for f in rows[header]]
    _remove_personal_data(rows, columns, at_line, texts)
    width = max(len(fields) for fields in rows.values())
    out = io.StringIO()
    writer = csv.writer(out, delimiter=read.delimiter, lineterminator="\r\n")
    for line, fields in rows.items():
        told = COLUMN if line == header else line_text(at_line.get(line, ()), texts)
        if any(fields) or told:
            writer.writerow([_safe(f) for f in [*fields, *[""] * (width - len(fields)), told]])
        else:
            out.write("\r\n")  # an empty line stays one, so that the lines below keep their numbers
    for place, found in at_end.items():
        writer.writerow([_safe(f) for f in [place, *[""] * (width - 1), line_text(found, texts)]])
    return out.getvalue().encode("utf-8-sig")


def _numbered(text: str, delimiter: str) -> dict[int, list[str]]:
    """Every record of a text, empty ones too, by the number of the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, line = {}, 1
    for fields in reader:
        rows[line] = list(fields)
        line = reader.line_num + 1
    return rows


def _remove_personal_data(
    rows: dict[int, list[str]], columns: list[str], at_line: dict[int, list[Finding]], texts: Texts
) -> None:
    for line, found in at_line.items():
        for finding in found:
            column = finding.cell.partition(", column ")[2]
            if finding.rule == PERSONAL and column:
                # A field beyond the header has no name: its number stands there.
                rows[line][columns.index(column) if column in columns else int(column) - 1] = texts.say(REMOVED)


def _safe(text: str) -> str:
    """A field that no spreadsheet runs; a number stays a number, also below zero."""
    text = clean(text)
    return text if _NUMBER.fullmatch(text) else guarded(text)
