"""Who receives a copy? The list of recipients, a CSV file with a line for each."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError
from pipeline.system.files import csv_rows

COLUMNS = ("name", "organisation")
_LONGEST = 60  # characters of each, so that both stand in the margin


@dataclass(frozen=True)
class Recipient:
    """One recipient, as printed in the margin of the copy."""

    name: str
    organisation: str

    def __str__(self) -> str:
        return f"{self.name}, {self.organisation}"

    @property
    def key(self) -> tuple[str, str]:
        """What makes two lines the same recipient."""
        return self.name.casefold(), self.organisation.casefold()


def read_recipients(path: Path) -> list[Recipient]:
    """The recipients in the order of the file. Raises UserError that names the first
    line that is not right.
    """
    if not path.is_file():
        raise UserError(
            "there is no list of recipients", where=str(path), do="give RECIPIENTS=recipients.csv"
        )
    try:
        rows = csv_rows(path.read_bytes())
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UserError(
            f"the list of recipients cannot be read: {problem}",
            where=path.name,
            allowed="CSV in UTF-8",
            do="save it as CSV (UTF-8)",
        ) from None
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise UserError(
            "columns or lines are missing",
            where=path.name,
            allowed=f"the header {','.join(COLUMNS)}, then lines",
            do="put the header in the first line and a recipient in each other",
        )
    found: list[Recipient] = []
    for line, row in enumerate(rows, 2):
        recipient = Recipient(*(" ".join(row[c].split()) for c in COLUMNS))
        for what, text in zip(COLUMNS, (recipient.name, recipient.organisation), strict=True):
            if not text or len(text) > _LONGEST or not text.isprintable():
                raise UserError(
                    f"'{text[:80]}' is no {what}",
                    where=f"{path.name} line {line}",
                    allowed=f"1 to {_LONGEST} printable characters",
                    do="correct the line; no copy was made",
                )
        if recipient.key in {r.key for r in found}:
            raise UserError(
                f"{recipient} stands twice",
                where=f"{path.name} line {line}",
                allowed="each recipient once",
                do="remove one line; no copy was made",
            )
        found.append(recipient)
    return found
