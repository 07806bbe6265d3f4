"""What does a returned CSV file look like with its findings marked? The same lines with
one more column, `finding`.

A line keeps its number: nothing is put in between, and the findings of a line stand on
one line. What concerns no line below the header follows at the end, in lines that begin
with `#`: `# file` for the whole file, `# line 1` for the header, `# Cover, line 3,
column answer` for the file of the cover.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from pipeline.findings import Finding
from pipeline.returns.feedback.words import REMOVED, clean, is_personal, line_text
from pipeline.returns.formats.raw import CsvText
from pipeline.returns.intake.shown import NOT_SHOWN, shown
from pipeline.returns.texts import Texts
from pipeline.system.files import guarded

COLUMN = "finding"
_LINE = re.compile(r"line (\d+)(?:, column .+)?", re.DOTALL)
_BREAK = re.compile(r"\r\n|\r|\n")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")


def mark_csv(
    read: CsvText, columns: Sequence[str], *, findings: Sequence[Finding], texts: Texts
) -> bytes:
    """The marked copy of a CSV file: UTF-8 with a byte order mark, the delimiter of the
    original.

    `columns` are the names of its columns as findings give them: those of the contract
    in whatever language the header is.
    """
    header = read.records[0].line
    rows = _numbered(read)
    _remove_personal_data(rows, columns, findings=findings, texts=texts)
    at_line: dict[int, list[Finding]] = {}
    at_end: dict[str, list[Finding]] = {}
    for finding in findings:
        line = _line(finding)
        if line > header and line in rows:
            at_line.setdefault(line, []).append(finding)
        else:
            place = ", ".join(p for p in (finding.sheet, finding.cell) if p) or "file"
            at_end.setdefault(f"# {place}", []).append(finding)
    width = max(len(fields) for fields in rows.values())
    out = io.StringIO()
    writer = csv.writer(out, delimiter=read.delimiter, lineterminator="\r\n")
    for line, fields in rows.items():
        told = COLUMN if line == header else line_text(at_line.get(line, ()), texts)
        if fields:
            writer.writerow([_safe(f) for f in [*fields, *[""] * (width - len(fields)), told]])
        else:
            out.write("\r\n")  # an empty line stays one, so that the lines below keep their numbers
    for place, found in at_end.items():
        writer.writerow([_safe(f) for f in [place, *[""] * (width - 1), line_text(found, texts)]])
    return out.getvalue().encode("utf-8-sig")


def _numbered(read: CsvText) -> dict[int, list[str]]:
    """The fields of every record by the number of the line on which it begins, with the
    empty lines between them.
    """
    rows: dict[int, list[str]] = {}
    following = 1
    for record in read.records:
        rows |= {line: [] for line in range(following, record.line)}
        rows[record.line] = list(record.fields)
        following = record.line + 1 + sum(len(_BREAK.findall(field)) for field in record.fields)
    return rows


def _line(finding: Finding) -> int:
    """The line of the file that a finding stands on; 0 for none."""
    match = _LINE.fullmatch(finding.cell)
    return int(match[1]) if match and not finding.sheet else 0


def _remove_personal_data(
    rows: dict[int, list[str]], columns: Sequence[str], *, findings: Sequence[Finding], texts: Texts
) -> None:
    """Put a word in place of fields with data of persons, those too that were refused
    for another reason.
    """
    for finding in findings:
        column = finding.cell.partition(", column ")[2]
        if is_personal(finding) and column and _line(finding) in rows:
            # A field beyond the header, and one of the header itself, is named by its
            # number.
            rows[_line(finding)][
                columns.index(column) if column in columns else int(column) - 1
            ] = texts.say(REMOVED)
    for fields in rows.values():
        for number, text in enumerate(fields):
            is_figure = columns[number : number + 1] == ["value"]
            if shown(text, is_figure=is_figure).startswith(NOT_SHOWN):
                fields[number] = texts.say(REMOVED)


def _safe(text: str) -> str:
    """A field that no spreadsheet runs; a number stays a number, also below zero."""
    text = clean(text)
    return text if _NUMBER.fullmatch(text) else guarded(text)
