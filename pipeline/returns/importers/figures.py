"""What was published, cell by cell? Figures with their keys, and an account of every
source row that is not one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pipeline.cells import TOTAL, Key
from pipeline.contracts.anchors import Anchor, areas_of, load_anchors
from pipeline.contracts.codelists import fold, load_aliases
from pipeline.contracts.model import Contracts, Table
from pipeline.returns.importers.grids import Value
from pipeline.returns.importers.names import bare, bare_countries, with_bare_names
from pipeline.returns.importers.sheets import Published, PublishedRow, folded
from pipeline.returns.importers.values import SIGNS, Number, has_decimal_comma, plain, read_number
from pipeline.returns.intake.codes import latin, load_aggregates
from pipeline.returns.intake.parse import load_symbols

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SUPPRESSED = re.compile(r"<\s*(\d+)")
# codes of countries and their parts: GBR_E, EU27_2020
_CODE = re.compile(r"[A-Za-z0-9]{2,4}(?:[_-][A-Za-z0-9]+)*")
WRITTEN = {
    "decimal-comma": "numbers have a decimal comma",
    "thousands-comma": "numbers have a comma between thousands",
    "thousands-point": "numbers have points between thousands",
    "missing-word": "cells hold a word of a national language for missing",
}
BESIDE_UNREADABLE = "beside_an_unreadable_figure"
# Rows that were lost to something in the file, not by what the return asks for: the
# account lists each of them.
DAMAGED = (
    "ambiguous_number",
    "boolean_in_number",
    "date_in_number",
    "decimal_comma",
    "error_value",
    "formula_without_value",
    "negative_number",
    "not_a_number",
    "not_a_whole_number",
    "number_too_large",
    BESIDE_UNREADABLE,
    "state_not_readable",
    "state_not_in_list",
    "year_not_readable",
    "label_not_readable",
)


@dataclass(frozen=True)
class Source:
    """Where figures were published. `release` is the date or edition as the file states
    it.
    """

    name: str
    publisher: str
    table: str
    release: str

    @property
    def cited(self) -> str:
        return f"{self.publisher}, {self.table}, {self.release}"


@dataclass(frozen=True)
class Figure:
    """One published figure: plain digits or `<5` as published, without thousands
    separators.

    `c` is a figure that the publisher has and does not show, `z` one that cannot be. An
    empty `text` is a cell that stays blank; `note` then says why.
    """

    key: Key
    text: str
    obs_status: str = ""
    note: str = ""


@dataclass(frozen=True)
class Skipped:
    """A source row of one of our states and years that gives no figure, and the rule by
    which it does not.
    """

    where: str
    what: str
    rule: str


@dataclass(frozen=True)
class Reading:
    """What one file gave: every row of it is counted once, as used, as skipped or as
    outside the round.
    """

    source: Source
    figures: tuple[Figure, ...]
    skipped: tuple[Skipped, ...]
    outside: dict[str, int]  # rows of other states or years, by reason
    used: int  # rows that stand behind the figures
    tables: tuple[str, ...]  # the contract tables this source can fill
    remarks: tuple[str, ...] = ()  # how the file was read, where it is not as published
    # what the file gives for the areas and years of anchors, members or not
    anchored: tuple[Figure, ...] = ()

    @property
    def rows(self) -> int:
        return self.used + len(self.skipped) + sum(self.outside.values())

    @property
    def skipped_by_rule(self) -> dict[str, int]:
        return dict(sorted(Counter(s.rule for s in self.skipped).items()))


def clean_number(raw: object, decimals: int = 0) -> str:
    """The text of a cell of a return as digits, or `<5`; empty when it is neither (`:`,
    blank, a negative number).

    Numbers are rounded half up to `decimals`; what would round to nothing but is more
    than nothing becomes `0n`.
    """
    text = "" if raw is None else str(raw)
    text = re.sub(r"[\s\u00a0\u202f]+", "", text)
    if found := _SUPPRESSED.fullmatch(text):
        return f"<{found[1]}"
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        return ""
    return plain(Decimal(text), decimals)


def number_of(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def listed(values: list[str]) -> str:
    return values[0] if len(values) == 1 else ", ".join(values[:-1]) + " and " + values[-1]


def spot(table: Table, key: Key) -> str:
    """How a note on the line of a cell names the cell: its year, and the codes across
    when they are not the total.
    """
    across = [d for d in table.layout.columns if d != "year"]
    codes = dict(zip(table.key_dimensions, key.codes, strict=True))
    rest = [codes[d] for d in across]
    return f"{key.year} {'.'.join(rest)}" if any(c != TOTAL for c in rest) else str(key.year)


@dataclass(frozen=True)
class Columns:
    """Where a source says whose figure a row is, of which year, and under which labels
    it stands.
    """

    state: str
    year: str
    labels: tuple[str, ...]


def states_of(contracts: Contracts, round_: int) -> dict[str, str]:
    """Every spelling of the round's member states, folded or bare, to their codes."""
    members = {c.code for c in contracts.members(round_)}
    return with_bare_names(
        {
            alias: code
            for alias, code in load_aliases(contracts.codelists, "states").items()
            if code in members
        }
    )


def find_state(states: Mapping[str, str], text: str) -> str:
    """The member state that a spelling names, also in look-alike letters or with its
    words in another order; "" for others.
    """
    return states.get(fold(text)) or states.get(folded(text)) or states.get(bare(text), "")


def is_elsewhere(contracts: Contracts, text: str) -> bool:
    """True when a name that is no member state is a code, a country or a group of
    countries that the lists know.
    """
    known = load_aliases(contracts.codelists, "citizenship")
    names = {fold(text), folded(text)}
    if _CODE.fullmatch(latin(text)) or not names.isdisjoint(known):
        return True
    if bare(text) in bare_countries(contracts.codelists):
        return True
    return not names.isdisjoint(load_aggregates(contracts.codelists))


@dataclass(frozen=True)
class Scope:
    """Whose rows are read: the areas by every spelling, folded, and the years."""

    areas: Mapping[str, str]
    years: frozenset[str]


def scope_of_round(contracts: Contracts, table: str, *, round_: int) -> Scope:
    """The member states of a round, and the years that its returns with a table restate."""
    contract = contracts.contract(contracts.table(table).report)
    years = frozenset(str(y) for y in contract.years(round_))
    return Scope(states_of(contracts, round_), years)


def scope_of_anchors(contracts: Contracts, anchors: tuple[Anchor, ...]) -> Scope:
    """The areas and years of anchors. An area that no list knows is what the file
    itself calls it.
    """
    wanted = {area for anchor in anchors for area in areas_of(anchor, contracts)}
    spellings = {fold(area): area for area in wanted}
    for name in ("citizenship", "states"):
        spellings |= {
            s: code for s, code in load_aliases(contracts.codelists, name).items() if code in wanted
        }
    return Scope(with_bare_names(spellings), frozenset(str(a.year) for a in anchors))


def with_anchored(
    reading: Reading, contracts: Contracts, *, read_again: Callable[[Scope], Reading]
) -> Reading:
    """The reading with what the file gives for the anchors of its source, whosever the
    rows are.

    The account is that of the round alone: a row of Germany is outside it, and compared
    all the same.
    """
    source = reading.source
    anchors = tuple(
        a
        for a in load_anchors(contracts.folder, contracts)
        if a.cube in reading.tables
        and a.is_of(source.publisher, source.table, release=source.release)
    )
    if not anchors:
        return reading
    return replace(reading, anchored=read_again(scope_of_anchors(contracts, anchors)).figures)


def own_rows(
    gathering: Gathering,
    table: str,
    *,
    columns: Columns,
    elsewhere: str = "other_state",
    read_area: Callable[[PublishedRow, str], str] = PublishedRow.text,
) -> list[tuple[str, str, PublishedRow]]:
    """Rows of member states in the years of the round, each with its state and year;
    the others are counted. `table` is one that the rows go into.

    `elsewhere` is the reason counted for rows of other areas. A gathering with a scope
    of its own reads that instead.
    """
    contracts = gathering.contracts
    scope = gathering.scope or scope_of_round(contracts, table, round_=gathering.round_)
    states, years = scope.areas, scope.years
    own = []
    for row in gathering.published.rows:
        area = read_area(row, columns.state)
        year = row.year(columns.year)
        state = find_state(states, area)
        if row.is_unreadable(columns.state) or not area:
            gathering.skip(row.where, row.whole, rule="state_not_readable")
        elif not state and is_elsewhere(contracts, area):
            gathering.leave_out(elsewhere)
        elif not state:
            gathering.skip(row.where, row.whole, rule="state_not_in_list")
        elif not year:
            gathering.skip(row.where, row.whole, rule="year_not_readable")
        elif year not in years:
            gathering.leave_out("other_year")
        elif any(row.is_unreadable(label) for label in columns.labels):
            gathering.skip(row.where, row.whole, rule="label_not_readable")
        else:
            own.append((state, year, row))
    return own


@dataclass(frozen=True)
class _Row:
    """One published row of a key. Rows of different `part` are added up, rows of one
    part must agree.
    """

    text: str
    where: str
    obs_status: str
    note: str
    part: str
    rule: str = ""  # why the figure cannot be read; `text` is then what stands there


@dataclass
class Gathering:
    """Collects the rows of one file and settles what each key's figure is.

    The rule for several rows of one key: equal values are one value; different values
    are nobody's to choose from, so the cell stays blank and its note names them all.
    Parts, such as drugs of one code, are added when every part is a number. A row whose
    figure cannot be read leaves its cell blank too: neither another row of the cell nor
    a sum without it is the publisher's figure.
    """

    contracts: Contracts
    round_: int
    published: Published
    decimals: int = 0
    scope: Scope | None = None  # whose rows are read; None is the round
    skipped: list[Skipped] = field(default_factory=list)
    outside: Counter[str] = field(default_factory=Counter)
    _rows: dict[Key, list[_Row]] = field(default_factory=dict)
    _settled: list[tuple[Figure, int]] = field(default_factory=list)
    _remarks: list[Figure] = field(default_factory=list)
    _written: Counter[str] = field(default_factory=Counter)
    _commas: dict[str, bool] = field(default_factory=dict)

    def read(self, row: PublishedRow, column: str) -> Number:
        """The figure in a column of a row."""
        return self.read_value(row.value(column), column)

    def read_value(self, value: Value, column: str) -> Number:
        """The figure of a value that stands in a column, which tells whether its
        fractions have a comma.
        """
        if self.decimals and column not in self._commas:
            self._commas[column] = any(
                has_decimal_comma(r.value(column)) for r in self.published.rows
            )
        symbols = load_symbols(self.contracts.codelists)
        number = read_number(
            value, self.decimals, symbols=symbols, commas=self._commas.get(column, False)
        )
        self._written.update(number.written)
        return number

    def add(
        self,
        key: Key,
        number: Number,
        *,
        where: str,
        obs_status: str = "",
        note: str = "",
        part: str = "",
    ) -> None:
        """A figure of the file; or none, with the rule that says why."""
        if number.rule in SIGNS:
            sign, status = SIGNS[number.rule]
            row = _Row(sign, where, status, note, part)
        else:
            row = _Row(
                number.raw if number.rule else number.text,
                where,
                obs_status,
                note,
                part,
                number.rule,
            )
        self._rows.setdefault(key, []).append(row)

    @property
    def added(self) -> int:
        """Rows that gave a figure, or the reason why there is none."""
        return sum(map(len, self._rows.values()))

    def add_settled(self, figure: Figure, rows: int) -> None:
        """A figure whose rows the source's own rules have settled; `rows` stand behind
        it.
        """
        self._settled.append((figure, rows))

    def remark(self, key: Key, note: str) -> None:
        """A note for the line of a cell that is not about one row of the source."""
        self._remarks.append(Figure(key, "", note=note))

    def skip(self, where: str, what: str, *, rule: str) -> None:
        self.skipped.append(Skipped(where, what, rule))

    def leave_out(self, reason: str) -> None:
        self.outside[reason] += 1

    def settle(self, source: Source, tables: tuple[str, ...]) -> Reading:
        """Check that every key is one of the contract, settle each, and close the
        account.
        """
        before = len(self.skipped)
        seen = sum(len(rows) for rows in self._rows.values())
        figures = [self._figure(key, rows) for key, rows in sorted(self._rows.items())]
        figures += [figure for figure, _ in self._settled]
        used = seen - (len(self.skipped) - before) + sum(rows for _, rows in self._settled)
        written = [f"{n} {WRITTEN[rule]}" for rule, n in sorted(self._written.items())]
        return Reading(
            source,
            tuple(figures + self._remarks),
            tuple(self.skipped),
            dict(self.outside),
            used,
            tables,
            (*self.published.remarks, *written),
        )

    def _figure(self, key: Key, rows: list[_Row]) -> Figure:
        # anchors may stand in any area of the file
        is_listed = key.state in self.contracts.codelist("states")
        table = self.contracts.check_key(key) if is_listed else self.contracts.table(key.cube)
        label = spot(table, key)
        parts: dict[str, list[_Row]] = {}
        for row in rows:
            parts.setdefault(row.part, []).append(row)
        notes = list(dict.fromkeys(f"{label}: {r.note}" for r in rows if r.note))
        if unread := [r for r in rows if r.rule]:
            given = listed([f"'{r.text}' ({r.rule.replace('_', ' ')})" for r in unread])
            return self._blank(
                key,
                rows,
                notes=[f"{label}: source gives {given}; left blank", *notes],
                rule=BESIDE_UNREADABLE,
            )
        differing = [name for name, group in parts.items() if len({r.text for r in group}) > 1]
        texts = [group[0].text for group in parts.values()]
        if differing:
            given = "; ".join(self._given(name, parts[name]) for name in differing)
            return self._blank(
                key,
                rows,
                notes=[f"{label}: source gives {given}; left blank", *notes],
                rule="values_differ",
            )
        signs = {sign for sign, _ in SIGNS.values()}
        if len(parts) > 1 and not (len(set(texts)) == 1 and texts[0] in signs):
            if any(number_of(t) is None and t != "0n" for t in texts):
                given = listed(
                    [f"{name or 'blank'} {group[0].text}" for name, group in parts.items()]
                )
                return self._blank(
                    key,
                    rows,
                    notes=[f"{label}: {given} cannot be added; left blank"],
                    rule="cannot_be_added",
                )
            total = sum((number_of(t) or Decimal(0) for t in texts), Decimal(0))
            text = plain(total, self.decimals) if total or "0n" not in texts else "0n"
        else:
            number = number_of(texts[0])
            text = texts[0] if number is None else plain(number, self.decimals)
            if len(rows) > 1 and not rows[0].part:
                notes.insert(0, f"{label}: source gives {text} {len(rows)} times")
        status = next((r.obs_status for r in rows if r.obs_status), "")
        # No figure, but the reason: the cell says it, and its rows are counted by it.
        for rule, (sign, _) in SIGNS.items():
            for row in rows if text == sign else ():
                self.skip(row.where, f"{key} {row.text}", rule=rule)
        return Figure(key, text, status, "; ".join(notes))

    def _given(self, name: str, group: list[_Row]) -> str:
        values = listed([r.text for r in group])
        return f"{values} for {name}" if name else values

    def _blank(self, key: Key, rows: list[_Row], *, notes: list[str], rule: str) -> Figure:
        for row in rows:
            self.skip(row.where, f"{key} {row.text}", rule=row.rule or rule)
        return Figure(key, "", note="; ".join(notes))
