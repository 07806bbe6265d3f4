"""What does a figure say with the status, confidentiality and note beside it?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pipeline.contracts.model import Contract, Contracts, Table
from pipeline.contracts.scales import Scale
from pipeline.returns.formats.raw import RawCell
from pipeline.returns.intake.account import OpenCells
from pipeline.returns.intake.codes import latin
from pipeline.returns.intake.parse import (
    MISSING,
    NIL,
    NO_VALUE,
    VALUELESS,
    Parsed,
    Problem,
    load_symbols,
    parse_figure,
    parse_word,
)
from pipeline.returns.intake.personal import personal_data
from pipeline.returns.intake.problems import RULES, FindingBook
from pipeline.returns.intake.shown import is_bare_figure, names_of_invisible, printable, shown

MAX_NOTE = 1000  # of an answer on the cover; how long a note may be says its table


@dataclass(frozen=True)
class Entry:
    """One figure of a return with its key and where it stands. `usable` is false when
    it was refused as it was read.

    `cells` counts the filled cells that say it: the figure, its status, and what else
    of its line is for it alone.
    """

    table: Table
    codes: tuple[str, ...]  # in the order of the table's key dimensions: state, year, ...
    raw: str
    value: Decimal | None
    obs_status: str
    conf_status: str
    note: str
    sheet: str
    address: str
    usable: bool
    cells: int = 1

    @property
    def key(self) -> str:
        return f"{self.table.name}:{'.'.join(self.codes)}"


@dataclass(frozen=True)
class Held:
    """A cell that must not come in, and why. `table` is empty where nobody knew yet to
    which table it belongs.
    """

    cell: RawCell
    rule: str
    found: str
    table: str


@dataclass
class ReturnContext:
    """The return that is being read: what is asked of whom, and where its findings and
    cells are written down.

    `held` are the cells that must not come in, by sheet and address, until somebody
    knows what they were to say.
    """

    contracts: Contracts
    contract: Contract
    state: str
    round: int
    book: FindingBook
    ledger: OpenCells
    is_csv: bool = False
    entries: list[Entry] = field(default_factory=list)
    held: dict[tuple[str, str], Held] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)  # keys of figures that were left grey
    office: str = ""  # whose part it is: by the name of the file, until the cover is read

    @property
    def years(self) -> range:
        return self.contract.years(self.round)

    def find(
        self,
        rule: str,
        cell: RawCell,
        *,
        table: Table | None = None,
        key: str = "",
        found: str = "",
    ) -> None:
        """A finding at a cell."""
        name = table.name if table else ""
        self.book.add(
            rule, found or cell.raw, sheet=cell.sheet, cell=cell.address, table=name, key=key
        )

    def is_held(self, cell: RawCell) -> bool:
        return (cell.sheet, cell.address) in self.held

    def keep_out(self, cell: RawCell, table: Table, *, rule: str, key: str = "") -> None:
        """A held cell is a figure or what binds one: an error, for without it the table
        says another thing.

        `rule` is the one whose repair fits what the cell should hold.
        """
        held = self.held.pop((cell.sheet, cell.address))
        is_number = rule == "not-a-number" and held.rule == "steering-characters"
        self.book.add(
            rule if is_number else held.rule,
            held.found,
            sheet=cell.sheet,
            cell=cell.address,
            table=table.name,
            key=key,
            severity="error",
            do=RULES[rule].do,
        )
        self.refuse([cell], table)

    def settle_held(self) -> None:
        """Report the held cells that nothing depends on: they are left out, and the
        state is told.
        """
        for held in self.held.values():
            cell = held.cell
            self.book.add(
                held.rule, held.found, sheet=cell.sheet, cell=cell.address, table=held.table
            )
            if self.ledger.is_open(cell.sheet, cell.address):
                self.ledger.refuse(cell.sheet, cell.address, table=held.table)
        self.held.clear()

    def load(self, cell: RawCell, table: Table) -> None:
        self.ledger.load(cell.sheet, cell.address, table=table.name)

    def refuse(self, cells: Iterable[RawCell | None], table: Table | None = None) -> None:
        for cell in cells:
            if cell and self.ledger.is_open(cell.sheet, cell.address):
                self.ledger.refuse(cell.sheet, cell.address, table=table.name if table else "")

    def ignore(self, cells: Iterable[RawCell | None], rule: str) -> None:
        for cell in cells:
            if cell and self.ledger.is_open(cell.sheet, cell.address):
                self.ledger.ignore(cell.sheet, cell.address, rule=rule)


@dataclass(frozen=True)
class Figure:
    """The place of one figure: its key codes, its cell and the status cell beside it;
    one of the two is filled.
    """

    codes: tuple[str, ...]
    value: RawCell | None
    status: RawCell | None


def enter_line(
    ctx: ReturnContext,
    table: Table,
    *,
    figures: list[Figure],
    conf: RawCell | None,
    note: RawCell | None,
) -> None:
    """Read the figures of one line; the line's confidentiality and note belong to each
    of them.
    """
    conf_status = _read_conf(ctx, table, cell=conf)
    note_text = _read_note(ctx, table, cell=note)
    entries = [
        e
        for f in figures
        if (e := _enter(ctx, table, figure=f, conf_status=conf_status, note=note_text))
    ]
    if entries and table.judged and table.judged.is_texts and not (note and note.text.strip()):
        ctx.book.add(
            "words-without-text",
            "; ".join(e.raw for e in entries),
            sheet=entries[0].sheet,
            cell=entries[0].address,
            table=table.name,
        )
    beside = [c for c in (conf, note) if c and ctx.ledger.is_open(c.sheet, c.address)]
    if len(entries) == 1:
        entries = [replace(entries[0], cells=entries[0].cells + len(beside))]
    ctx.entries.extend(entries)
    for cell in beside:
        if any(e.usable for e in entries):
            ctx.load(cell, table)
        elif entries:
            ctx.refuse([cell], table)
        elif cell is note and note_text and table.judged and table.judged.is_texts:
            ctx.find("text-without-words", cell, table=table)
            ctx.refuse([cell], table)
        else:
            ctx.ignore([cell], "note-without-figure")


def _read_conf(ctx: ReturnContext, table: Table, *, cell: RawCell | None) -> str:
    """The confidentiality of a line; empty when it is not known, and then no figure of
    the line may be used.
    """
    if cell is not None and ctx.is_held(cell):
        ctx.keep_out(cell, table, rule="unknown-conf")
        return ""
    if cell is None or not cell.text.strip():
        ctx.ignore([cell], "blank-text")
        return "F"
    code = latin(cell.text.strip()).upper()
    if code in ctx.contracts.codelist("conf_status"):
        return code
    ctx.book.add(
        "unknown-conf",
        cell.raw,
        sheet=cell.sheet,
        cell=cell.address,
        table=table.name,
        allowed="empty, " + ", ".join(c.code for c in ctx.contracts.codelist("conf_status")),
    )
    ctx.refuse([cell], table)
    return ""


def _read_note(ctx: ReturnContext, table: Table, *, cell: RawCell | None) -> str:
    if cell is None:
        return ""
    text = " ".join(cell.text.split())
    if not text:
        ctx.ignore([cell], "blank-text")
        return ""
    if len(text) > table.longest_note:
        ctx.book.add(
            "note-too-long",
            f"{len(text):,} characters: {text[:60]}…",
            sheet=cell.sheet,
            cell=cell.address,
            table=table.name,
            allowed=f"at most {table.longest_note:,} characters",
        )
    elif (cell.kind != "text" or is_bare_figure(text)) and (name := personal_data(text)):
        # A number typed into a note is no figure. Other text was screened before.
        ctx.find("personal-data", cell, table=table, found=f"what looks like: {name}")
    else:
        return text
    ctx.refuse([cell], table)
    return ""


def _enter(
    ctx: ReturnContext, table: Table, *, figure: Figure, conf_status: str, note: str
) -> Entry | None:
    value, status = figure.value, figure.status
    key = f"{table.name}:{'.'.join(figure.codes)}"
    if value and ctx.is_held(value) and _is_a_figure(ctx, table, cell=value):
        del ctx.held[value.sheet, value.address]
    if held := [c for c in (value, status) if c and ctx.is_held(c)]:
        for cell in held:
            ctx.keep_out(
                cell, table, rule="not-a-number" if cell is value else "unknown-status", key=key
            )
        ctx.refuse([value, status], table)
        return None
    scale = table.scale_of(figure.codes)
    parsed = _parse(ctx, table, cell=value, key=key, scale=scale) if value else None
    if parsed and any(p.rule == "blank-text" for p in parsed.problems):
        ctx.ignore([value], "blank-text")
        value, parsed = None, None
    given = _read_status(ctx, table, cell=status, key=key)
    if value is None and (status is None or given == ""):
        return None
    usable = given is not None and bool(conf_status) and not (parsed and parsed.refused)
    number, obs_status, rule = _with_status(parsed, given or "")
    if usable and rule:
        found = " with status ".join(c.raw for c in (value, status) if c)
        ctx.find(rule, status or value or RawCell("", "", ""), table=table, key=key, found=found)
        usable = False
    if not usable:
        number = None
    place = value or status
    assert place is not None
    cells = [c for c in (value, status) if c and ctx.ledger.is_open(c.sheet, c.address)]
    for cell in cells:
        if usable:
            ctx.load(cell, table)
        else:
            ctx.refuse([cell], table)
    return Entry(
        table,
        figure.codes,
        printable(place.raw),
        number,
        obs_status,
        conf_status or "C",
        note,
        place.sheet,
        place.address,
        usable,
        len(cells),
    )


def _is_a_figure(ctx: ReturnContext, table: Table, *, cell: RawCell) -> bool:
    """True for a text that was held as a formula and is a number in disguise: `="18"`."""
    if ctx.held[cell.sheet, cell.address].rule != "formula-as-text":
        return False
    symbols = load_symbols(ctx.contracts.codelists)
    return not parse_figure(
        cell.text, cell.kind, decimals=table.decimals, symbols=symbols, is_csv=ctx.is_csv
    ).refused


def _parse(
    ctx: ReturnContext, table: Table, *, cell: RawCell, key: str, scale: Scale | None
) -> Parsed:
    if cell.kind == "empty":
        ctx.find("formula-without-value", cell, table=table, key=key, found=cell.formula)
        return Parsed(None, "", (Problem("formula-without-value", refused=True),))
    symbols = load_symbols(ctx.contracts.codelists)
    parsed = (
        parse_word(cell.text, cell.kind, scale=scale, symbols=symbols)
        if scale
        else parse_figure(
            cell.text, cell.kind, decimals=table.decimals, symbols=symbols, is_csv=ctx.is_csv
        )
    )
    if cell.formula:
        ctx.find("formula", cell, table=table, key=key)
        if not cell.text:  # it was worked out, and says that the cell is empty
            return parsed
    do = RULES["invisible-characters"].do if names_of_invisible(cell.text) else ""
    for problem in parsed.problems:
        ctx.book.add(
            problem.rule,
            cell.raw,
            sheet=cell.sheet,
            cell=cell.address,
            table=table.name,
            key=key,
            severity=problem.severity,
            do=do if problem.rule == "not-a-number" else "",
            allowed="; ".join(scale.words) if scale and problem.rule == "not-a-word" else "",
        )
    return parsed


def _read_status(ctx: ReturnContext, table: Table, *, cell: RawCell | None, key: str) -> str | None:
    """The status given beside a figure: empty when there is none, None when it is not
    in the list.
    """
    if cell is None or not cell.text.strip():
        ctx.ignore([cell], "blank-text")
        return ""
    code = latin(cell.text.strip()).upper()
    if code in ctx.contracts.codelist("obs_status"):
        return code
    ctx.book.add(
        "unknown-status",
        shown(cell.raw),
        sheet=cell.sheet,
        cell=cell.address,
        table=table.name,
        key=key,
        allowed=", ".join(c.code for c in ctx.contracts.codelist("obs_status")),
    )
    return None


def _with_status(parsed: Parsed | None, given: str) -> tuple[Decimal | None, str, str]:
    """Value, status and the broken rule, from what the figure says and the status given
    beside it.
    """
    if parsed is None:
        if given in NO_VALUE or given == NIL:
            return None, given, ""
        return None, MISSING, "status-without-value"
    if parsed.refused:
        return None, given or MISSING, ""
    if parsed.value is not None:
        if given == NIL and parsed.value == 0:
            return None, NIL, ""
        contradicts = given in VALUELESS or given == NIL
        return parsed.value, given or "A", "status-contradicts-value" if contradicts else ""
    if not given or given == parsed.obs_status:
        return None, parsed.obs_status, ""
    if parsed.obs_status == MISSING and given in NO_VALUE:
        return None, given, ""  # ":" says that there is no figure, the status says why
    return None, parsed.obs_status, "status-contradicts-value"
