"""What do Eurostat's flags and codes mean? The same in all its tables, as TSV and as
SDMX-CSV.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.returns.importers.sheets import LABEL, Published, PublishedRow, folded
from pipeline.returns.importers.values import NO_NUMBER, NOT_APPLICABLE, SUPPRESSED, Number

# Flags as SDMX observation statuses. r (revised) and f (forecast) have none that says
# so: the note names them.
STATUSES = {"b": "B", "d": "D", "e": "E", "i": "E", "s": "E", "p": "P", "u": "U"}
_NO_FIGURE = {"c": SUPPRESSED, "z": NOT_APPLICABLE}  # flags that say why there is none
_NIL = "n"  # not significant: less than half of the unit
_FREE = ("", "f", "a")  # confidentiality of what is published for all
CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]*")
# as labels=both writes them
_BOTH = re.compile(r"(?P<code>[A-Z0-9][A-Z0-9_-]*)\s*:\s*(?P<label>\S.*)")
# Columns that not every form of a table has.
UPDATED, CONFIDENTIALITY = "LAST UPDATE", "CONF_STATUS"
# Codes of the whole, which stand in many lists of the service, by the labels they have
# there.
_WHOLE = {"TOTAL": "total", "T": "total", "PER": "person"}


def flagged(number: Number, flags: str, *, confidentiality: str = "") -> tuple[Number, str, str]:
    """A number as its flags mean it, its observation status, and the note on flags for
    which there is no status.

    A confidential figure that is not there is suppressed, one that is not significant
    is nil.
    """
    flags = flags.strip().lower()
    confidentiality = confidentiality.strip().lower()
    if number.rule == NO_NUMBER:
        rule = next((_NO_FIGURE[f] for f in flags if f in _NO_FIGURE), "")
        if not rule and confidentiality not in _FREE:
            rule = SUPPRESSED
        if rule:
            return replace(number, rule=rule), "", ""
        if _NIL in flags:
            return Number("0n", number.raw), "N", ""
        return number, "", ""
    if _NIL in flags and number.text == "0":
        return replace(number, text="0n"), "N", ""
    statuses = [STATUSES[f] for f in flags if f in STATUSES]
    exact = len(flags) <= 1 and len(statuses) == len(flags)
    notes = [] if exact else [f"flags of the publisher: {', '.join(flags)}"]
    if confidentiality not in _FREE:
        notes.append(f"confidentiality of the publisher: {confidentiality.upper()}")
    return number, (statuses[0] if statuses else ""), "; ".join(notes)


def label_of(row: PublishedRow, column: str) -> str:
    """The label of a cell as labels are compared: also of a code beside its label, and
    of the code of the whole.
    """
    beside = f"{column}{LABEL}"
    text = row.text(beside) if beside in row.columns and row.text(beside) else row.text(column)
    if both := _BOTH.fullmatch(text):
        text = both["label"]
    return _WHOLE.get(text, folded(text))


def code_of(row: PublishedRow, column: str) -> str:
    """The code of a cell, or the label where it has no code."""
    both = _BOTH.fullmatch(row.text(column))
    return both["code"] if both else row.text(column)


def is_code(row: PublishedRow, column: str) -> bool:
    """True for a code of the service that is not that of the whole, and has no label
    beside it.
    """
    text = row.text(column)
    beside = f"{column}{LABEL}"
    return (
        bool(CODE.fullmatch(text))
        and text not in _WHOLE
        and not (beside in row.columns and row.text(beside))
    )


def release_of(published: Published) -> str:
    """When the table was last updated, as a cover cites it."""
    head = published.head(UPDATED)
    updated = max((row.text(head) for row in published.rows), default="") if head else ""
    return f"release {updated or 'not stated in the file'}"


def confidentiality_of(row: PublishedRow) -> str:
    """The confidentiality of a cell; "" where the file has none."""
    head = next((h for h in row.columns if folded(h) == folded(CONFIDENTIALITY)), "")
    return row.text(head) if head else ""
