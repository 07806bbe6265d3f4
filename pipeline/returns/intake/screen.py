"""Which cells must not come in at all? Formulas that reach out, text that poses as a
formula, data of persons.

Looked at before anything else reads the file: what is held here is printed nowhere, and
kept only in the archive of the files as they were sent. Where a held cell turns out to
be a figure, its table is kept out: a figure is never left out of a table that is
accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pipeline.contracts.model import LONGEST_TEXT
from pipeline.returns.formats.letters import UNREAD
from pipeline.returns.formats.raw import RawCell
from pipeline.returns.intake.entry import Held, ReturnContext
from pipeline.returns.intake.personal import personal_data
from pipeline.returns.intake.shown import is_bare_figure, names_of_invisible, steers

_TEXT_IN_FORMULA = re.compile(r'"[^"]*"')
# What leaves the sheet: another file or address, a program (DDE), functions that fetch,
# call or register.
_REACHES_OUT = re.compile(
    r"\[[^\[\]]*\][^\[\]!]*!|\|[^!|]*!|://|\\\\"
    r"|\b(?:WEBSERVICE|FILTERXML|HYPERLINK|RTD|DDE|CALL|REGISTER(?:\.ID)?|EXEC|EVALUATE|IMPORT\w+|INDIRECT|IMAGE"
    r"|SQL\.REQUEST|STOCKHISTORY|ENCODEURL|INFO|CELL)\s*\(",
    re.IGNORECASE,
)
# A sign is also the mark of a list, "- Croatia (HR)": with one, only what calls a
# function or a program is a formula.
_POSES_AS_FORMULA = re.compile(
    r"\s*(?:[=@＝＠]\s*[\w(\"'+@=-]|[+＋－-][^\s()|]{0,60}(?:[A-Za-z_]\(|\w\|[^!|]{0,200}!))"
)

Place = Callable[[RawCell], str]  # the contract table to which a cell belongs; empty for none


def screen(
    ctx: ReturnContext, cells: Iterable[RawCell], *, table_of: Place
) -> set[tuple[str, str]]:
    """Hold what must not come in. Returns sheet and address of those cells; who reads
    the rest settles them.
    """
    for cell in cells:
        rule, found = judge(cell)
        if rule:
            ctx.held[cell.sheet, cell.address] = Held(cell, rule, found, table_of(cell))
    return set(ctx.held)


def judge(cell: RawCell) -> tuple[str, str]:
    """The rule that a cell breaks and what to say of it; both empty for a cell that may
    come in.
    """
    if cell.formula and (
        _REACHES_OUT.search(_TEXT_IN_FORMULA.sub('""', cell.formula)) or "://" in cell.formula
    ):
        return (
            "formula-reaches-out",
            "a formula that would call a program, another file or an address",
        )
    if cell.kind == "damaged":
        return "damaged-cell", cell.text
    if UNREAD in cell.text:
        seen = cell.text.replace(UNREAD, "?")
        return "unknown-letters", f"letters that no known word tells: {seen[:100]}"
    if steers(cell.text) or steers(cell.formula):
        names = names_of_invisible(f"{cell.text}{cell.formula}")
        return (
            "steering-characters",
            f"text with control characters or turns of its direction: {names}",
        )
    if name := next(
        (n for t in _TEXT_IN_FORMULA.findall(cell.formula) if (n := personal_data(t))), ""
    ):
        return "personal-data", f"what looks like: {name}, inside a formula"
    # Digits alone may be a figure: whoever reads the cell knows, and looks where it is
    # none. Longer texts are no answers: they are taken over nowhere, and what is shown
    # of them is searched then.
    if cell.kind != "text" or len(cell.text) > LONGEST_TEXT or is_bare_figure(cell.text):
        return "", ""
    if name := personal_data(cell.text):
        # The finding must not repeat what may not be kept.
        return "personal-data", f"what looks like: {name}"
    if _POSES_AS_FORMULA.match(cell.text):
        return "formula-as-text", "text that a spreadsheet would run as a formula"
    return "", ""
