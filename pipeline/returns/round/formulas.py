"""Which formulas find in a form what the Center's rules would find? Conditions of
single cells, and of figures beside others, generated from the contract and the code
lists.

They are written for spreadsheets, in English, without functions that newer programs
alone have. Figures of earlier rounds that stand in grey are looked at as well: they
stand beside the new ones. What only the Center can know is left to it: revisions,
figures that are missed, and whatever needs more than the return itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.cells import SUPPRESSED_HIGHEST, TOTAL, UNKNOWN
from pipeline.contracts.codelists import Code
from pipeline.contracts.layout import FormColumn, FormRow, SheetForm
from pipeline.contracts.model import Contracts, Dimension, Identity, Table
from pipeline.findings import Severity
from pipeline.returns.formats.raw import column_letters
from pipeline.returns.intake.parse import NIL, NO_VALUE, VALUELESS
from pipeline.returns.intake.problems import RULES
from pipeline.returns.rules.parts import linked_to
from pipeline.returns.rules.queries import NOTED, parents_of

# Names of the lists of the form: statuses, texts in place of figures, and the statuses
# that agree with each of these, as `–|M`.
STATUSES, TEXTS, AGREEING = "form_statuses", "form_texts", "form_agreeing"
# The signs of the form for what cannot exist, which adds nothing to a sum, and for what
# its sender suppressed.
NOTHING, SUPPRESSED = "–", "<5"
Place = tuple[int, int]  # row and column


@dataclass(frozen=True)
class Condition:
    """What is true in a cell that breaks a rule. `rule` is its name without the table."""

    rule: str
    severity: Severity
    formula: str


@dataclass(frozen=True)
class Workbook:
    """The forms of a workbook, by the name of their table, and where each key stands."""

    contracts: Contracts
    forms: Mapping[str, SheetForm]
    round: int
    places: Mapping[str, Mapping[tuple[str, ...], Place]] = field(init=False)

    def __post_init__(self) -> None:
        places = {
            name: {key.codes: at for key, at in form.addresses().items()}
            for name, form in self.forms.items()
        }
        object.__setattr__(self, "places", places)


def one_cell(table: Table, *, v: str, s: str, note: str, conf: str) -> list[Condition]:
    """What can be wrong with a figure `v` and its status `s`, whatever stands elsewhere,
    with the note and confidentiality of its line. Each formula is a product that is not
    0 where it is so; for ranges it is one of arrays.
    """
    if table.judged is not None:
        return []  # a cell of words takes none but those of its list
    text = f'ISTEXT({v})*(TRIM({v})<>"")'
    bare = v
    for sign in (" ", ",", "."):
        bare = f'SUBSTITUTE({bare},"{sign}","")'
    known = f"MATCH(LOWER(TRIM({v})),{TEXTS},0)"
    given, status = f'(TRIM({s})<>"")', f"MATCH(TRIM({s}),{STATUSES},0)"
    agreeing = f'MATCH(LOWER(TRIM({v}))&"|"&UPPER(TRIM({s})),{AGREEING},0)'
    decimal = f'ISNUMBER(SEARCH(".",SUBSTITUTE({v},",",".")))'
    valueless = _one_of(s, sorted({*NO_VALUE, NIL}))
    contradicts = _one_of(s, sorted(VALUELESS))
    dates = ("????-??-??", "?.?.????", "?/?/????")
    undated = "*".join(f'ISERROR(SEARCH("{d}",{note}))' for d in dates)
    found = [
        _intake("boolean-in-number", f"ISLOGICAL({v})"),
        _intake("not-a-number", f"{text}*ISNA({known})*ISERROR(VALUE({bare}))"),
        _intake("number-as-text", f"{text}*ISNA({known})*ISNUMBER(VALUE({bare}))"),
        _intake("unknown-status", f"{given}*ISNA({status})"),
        _intake(
            "status-without-value",
            f"ISBLANK({v})*{given}*ISNUMBER({status})*ISERROR({valueless})",
        ),
        _intake("status-contradicts-value", f"ISNUMBER({v})*ISNUMBER({contradicts})"),
        _intake("status-contradicts-value", f'ISNUMBER({v})*(TRIM({s})="{NIL}")*({v}<>0)'),
        _intake(
            "status-contradicts-value",
            f"{text}*ISNUMBER({known})*{given}*ISNUMBER({status})*ISNA({agreeing})",
        ),
        _rule("value.minimum", "error", f"ISNUMBER({v})*({v}<{table.minimum:g})"),
    ]
    if table.maximum != float("inf"):
        found.append(_rule("value.maximum", "error", f"ISNUMBER({v})*({v}>{table.maximum:.0f})"))
    if not table.decimals:
        nil = f'MATCH(LOWER(TRIM({v}))&"|{NIL}",{AGREEING},0)'
        found += [
            _rule("value.integer", "error", f"ISNUMBER({v})*{decimal}"),
            _rule("value.nil", "query", f"{text}*ISNUMBER({nil})"),
            _rule("value.nil", "query", f'(1-ISTEXT({v}))*(TRIM({s})="{NIL}")*({v}=0)'),
        ]
    counts = f'((ISNUMBER({v})+(TRIM({s})="K"))>0)'  # K stands also where there is no figure
    noted = f'ISNUMBER({_one_of(s, NOTED)})*{counts}*(TRIM({note})="")'
    return [
        *found,
        _rule("note.required", "query", noted),
        _rule("note.embargo", "query", f'({v}&{s}<>"")*(TRIM({conf})="E")*{undated}'),
    ]


def conditions(book: Workbook, form: SheetForm) -> dict[Place, list[Condition]]:
    """What can be wrong with a figure beside others, by its row and column; with a word
    that was chosen, nothing.
    """
    if form.table.judged:
        values = [c.index for c in form.columns if c.kind == "value"]
        return {(row.index, index): [] for row in form.rows for index in values}
    return _Sheet(book, form).conditions()


@dataclass(frozen=True)
class _Parts:
    """Cells that may be parts of a whole: their places, and by number of a dimension of
    the whole and code the numbers of those that stand at that code or below it.
    """

    places: list[Place]
    below: dict[tuple[int, str], set[int]]


@dataclass
class _Sheet:
    book: Workbook
    form: SheetForm

    @property
    def table(self) -> Table:
        return self.form.table

    @cached_property
    def _open(self) -> list[FormRow]:
        return [r for r in self.form.rows if not r.codes and self.table.layout.rows]

    @cached_property
    def _keys(self) -> dict[Place, tuple[str, ...]]:
        return {at: codes for codes, at in self.book.places[self.table.name].items()}

    @cached_property
    def _children(self) -> dict[str, dict[str, list[Code]]]:
        """By dimension, codes with their parts."""
        return {d.name: parents_of(d) for d in self.table.dimensions}

    @cached_property
    def _family(self) -> list[tuple[Table, dict[str, str]]]:
        family = linked_to(self.book.contracts, self.table)
        return [(t, at) for t, at in family if t.name in self.book.forms]

    def conditions(self) -> dict[Place, list[Condition]]:
        found: dict[Place, list[Condition]] = {}
        for row in self.form.rows:
            for column in (c for c in self.form.columns if c.kind == "value"):
                place = row.index, column.index
                codes = self._keys.get(place)
                found[place] = [
                    *(self._validity(place, codes) if codes else ()),
                    *(self._wholes(place, codes) if codes else ()),
                    *self._changes(place, row, column),
                ]
        first = next(c.index for c in self.form.columns if c.kind == "value")
        for row in self._open:
            found[row.index, first] += self._chosen(row)
        return found

    def _validity(self, place: Place, codes: tuple[str, ...]) -> Iterator[Condition]:
        """A figure under a code that did not exist in its year."""
        v, of = _at(place), dict(zip(self.table.key_dimensions, codes, strict=True))
        for dimension in self.table.dimensions:
            code = dimension.codelist[of[dimension.name]]
            if not (code.valid_in(int(of["year"])) and code.valid_for(of["state"])):
                yield _rule(f"{dimension.name}.valid", "error", f"AND(ISNUMBER({v}),{v}<>0)")

    def _chosen(self, row: FormRow) -> Iterator[Condition]:
        """A line of an open list has a name of its own; told in its first column."""
        own = [c.index for c in self.form.columns if c.kind in ("value", "status")]
        filled = f"COUNTA({_at((row.index, own[0]))}:{_at((row.index, own[-1]))})>0"
        name, first = f"$B{row.index}", f"$B${self._open[0].index}"
        yield _intake("unknown-citizenship", f'AND({filled},TRIM($A{row.index}&{name})="")')
        twice = f'AND({filled},{name}<>"",COUNTIF({first}:{name},{name})>1)'
        yield _rule("key.unique", "error", twice)

    # Wholes and their parts.

    def _wholes(self, place: Place, codes: tuple[str, ...]) -> Iterator[Condition]:
        v, s = _at(place), _at(place, 1)
        if self.table.dimensions:
            # A count that its sender suppressed may be four as a whole.
            suppressed = f'OR({v}="{SUPPRESSED}",{v}&{s}="Q")'
            most = f"IF(ISNUMBER({v}),{v},IF({suppressed},{SUPPRESSED_HIGHEST},9E99))"
            larger = []
            for part, at in self._family:
                if found := self._narrower(codes, part, at):
                    step = max(self.table.rounding, part.rounding)
                    larger.append(f"MAX(0,{found})" + (f"-{step}" if step else ""))
            if larger:
                yield _rule("part_exceeds_whole", "query", f"MAX({','.join(larger)})>MAX(0,{most})")
        for identity in self.table.identities:
            if identity.dimension:
                yield from self._sum(place, codes, identity)
            elif identity.same_total_as in self.book.forms:
                yield from self._same_total(place, codes, identity)

    def _narrower(self, codes: tuple[str, ...], part: Table, at: dict[str, str]) -> str:
        """Ranges of the cells of a table that are a part of a whole, or the same count."""
        form = self.book.forms[part.name]
        is_own = part is self.table
        found = []
        if cells := self._parts[part.name].get(codes[1]):
            within = set.intersection(
                *(cells.below.get((n, code), set()) for n, code in enumerate(codes[2:]))
            )
            found = [cells.places[n] for n in sorted(within)]
            if is_own:
                found.remove(self.book.places[part.name][codes])
        if part.layout.open_rows:
            whole = dict(zip(self.table.key_dimensions, codes, strict=True))
            found += self._open_parts(whole, part, at, form)
        return _ranges(found, "" if is_own else form.sheet)

    @cached_property
    def _parts(self) -> dict[str, dict[str, _Parts]]:
        """By table and year, the cells that may be parts of wholes of this table."""
        found: dict[str, dict[str, _Parts]] = {}
        for part, at in self._family:
            years = found.setdefault(part.name, {})
            for codes, place in self.book.places[part.name].items():
                own = dict(zip(part.key_dimensions, codes, strict=True))
                cells = years.setdefault(codes[1], _Parts([], {}))
                for n, d in enumerate(self.table.dimensions):
                    for code in _above(d, own.get(d.name, at.get(d.name, TOTAL))):
                        cells.below.setdefault((n, code), set()).add(len(cells.places))
                cells.places.append(place)
        return found

    def _open_parts(
        self, whole: dict[str, str], part: Table, at: dict[str, str], form: SheetForm
    ) -> Iterator[Place]:
        """The lines that a state chooses in a table are parts of its total."""
        (name,) = part.layout.rows
        for d in self.table.dimensions:
            code = TOTAL if d.name == name else at.get(d.name, TOTAL)
            if whole[d.name] not in (_above(d, code) if d.name != name else (TOTAL,)):
                return
        for row in (r for r in form.rows if not r.codes):
            for column in form.columns:
                if column.kind == "value" and column.codes == (whole["year"],):
                    yield row.index, column.index

    def _sum(self, place: Place, codes: tuple[str, ...], identity: Identity) -> Iterator[Condition]:
        """Parts that differ from their total, as `queries.identity` asks."""
        dimension = self.table.dimension(identity.dimension)
        index = self.table.key_dimensions.index(dimension.name)
        children = self._children[dimension.name].get(codes[index], [])
        places = self.book.places[self.table.name]
        year, state = int(codes[1]), codes[0]
        found = []
        for child in children:
            if at := places.get((*codes[:index], child.code, *codes[index + 1 :])):
                found.append(at)
        needed = sum(c.valid_in(year) and c.valid_for(state) for c in children)
        is_open = bool(self.table.layout.open_rows) and codes[index] == TOTAL
        if is_open:
            found += [(row.index, place[1]) for row in self._open]
        if not found:
            return
        v, parts, step = _at(place), _ranges(found), identity.rounding
        slack = f"{step}/2*(COUNT({parts})+1)" if step else "0"
        wrong = [f"ROUND(SUM({parts})-{v},3)>{slack}"]
        if identity.parts == "equal":
            complete = f"{self._reported(found)}={needed}"
            if is_open:
                unknown = places[(*codes[:index], UNKNOWN, *codes[index + 1 :])]
                complete = (
                    f"AND({self._reported([unknown])}=1,"
                    f"{self._reported(found)}={self._filled(found)})"
                )
            wrong.append(f"AND({complete},ROUND({v}-SUM({parts}),3)>{slack})")
        name = f"{dimension.name}.{'sum' if identity.parts == 'equal' else 'at_most'}"
        some = f"COUNT({parts})>0,MAX({parts})<={v}+{step}"
        formula = f"IF(ISNUMBER({v}),AND({some},OR({','.join(wrong)})),FALSE)"
        yield _rule(name, identity.severity, formula)

    def _reported(self, places: list[Place]) -> str:
        """How many of some cells are as good as reported: a number, or what cannot be."""
        return "+".join([f"COUNT({_ranges(places)})", *(_is_nothing(r) for r in _runs(places))])

    def _filled(self, places: list[Place]) -> str:
        """How many of some cells hold a figure, a sign or a status."""
        status = _runs([(r, c + 1) for r, c in places])
        pairs = zip(_runs(places), status, strict=True)
        return "+".join(f'SUMPRODUCT(--({own}&{beside}<>""))' for own, beside in pairs)

    def _same_total(
        self, place: Place, codes: tuple[str, ...], identity: Identity
    ) -> Iterator[Condition]:
        other = self.book.contracts.table(identity.same_total_as)
        own = dict(zip(self.table.key_dimensions, codes, strict=True))
        if any(d.has_total and own[d.name] != TOTAL for d in self.table.dimensions):
            return
        fixed = {d.name: TOTAL for d in other.dimensions if d.has_total} | dict(identity.at)
        sheet, v = self.book.forms[other.name].sheet, _at(place)
        differ = []
        for there, at in self.book.places[other.name].items():
            named = dict(zip(other.key_dimensions, there, strict=True))
            if named["year"] == own["year"] and all(named[d] == c for d, c in fixed.items()):
                differ.append(f"AND(ISNUMBER({_at(at, 0, sheet)}),{v}<>{_at(at, 0, sheet)})")
        if differ:
            name = f"total.same_as_{other.name}"
            formula = f"AND(ISNUMBER({v}),OR({','.join(differ)}))"
            yield _rule(name, identity.severity, formula)

    # The year before.

    def _changes(self, place: Place, row: FormRow, column: FormColumn) -> Iterator[Condition]:
        table, layout = self.table, self.table.layout
        codes = dict(zip(layout.rows + layout.columns, row.codes + column.codes, strict=False))
        if not row.codes and layout.rows:
            codes = dict(zip(layout.columns, column.codes, strict=True))
        if codes.get("year") != str(self.book.round):
            return
        before = self._year_before(row, column)
        if before is None:
            return
        v, s, b = _at(place), _at(place, 1), _at(before)
        note = next(c for c in self.form.columns if c.kind == "note")
        silent = f'TRIM(${column_letters(note.index)}{place[0]})=""'
        large = (
            f"ABS({v}-{b})>{table.change_absolute:g},ABS({v}-{b})*100>{table.change_percent:g}*{b}"
        )
        formula = f'IF(AND(ISNUMBER({v}),ISNUMBER({b})),AND({large},TRIM({s})<>"B",{silent}),FALSE)'
        yield _rule("value.change", table.change_severity, formula)

    def _year_before(self, row: FormRow, column: FormColumn) -> Place | None:
        last = str(self.book.round - 1)
        if "year" in self.table.layout.columns:
            at = self.table.layout.columns.index("year")
            codes = (*column.codes[:at], last, *column.codes[at + 1 :])
            same = (c.index for c in self.form.columns if c.kind == "value" and c.codes == codes)
            index = next(same, None)
            return (row.index, index) if index else None
        at = self.table.layout.rows.index("year")
        codes = (*row.codes[:at], last, *row.codes[at + 1 :])
        line = next((r.index for r in self.form.rows if r.codes == codes), None)
        return (line, column.index) if line else None


def _intake(rule: str, formula: str) -> Condition:
    return Condition(rule, RULES[rule].severity, formula)


def _rule(rule: str, severity: Severity, formula: str) -> Condition:
    return Condition(rule, severity, formula)


def _is_nothing(run: str) -> str:
    return f'COUNTIF({run},"{NOTHING}")' if ":" in run else f'({run}="{NOTHING}")'


def _above(dimension: Dimension, code: str) -> list[str]:
    """A code with all that it is a part of."""
    found = []
    while code:
        found.append(code)
        code = dimension.parent_of(dimension.codelist[code])
    return found


def _one_of(cell: str, codes: Iterable[str]) -> str:
    """A number where the text of a cell is one of some codes, else an error."""
    return f'SEARCH(","&TRIM({cell})&",",",{",".join(codes)},")'


def _at(place: Place, right: int = 0, sheet: str = "") -> str:
    """The address of a cell, or of one to the right of it; on another sheet with its
    name.
    """
    name = f"{column_letters(place[1] + right)}{place[0]}"
    return f"'{sheet}'!{name}" if sheet else name


def _runs(places: Iterable[Place], sheet: str = "") -> list[str]:
    """Cells as ranges of lines that follow each other in one column."""
    runs: list[tuple[int, int, int]] = []  # column, first and last row
    for row, column in sorted(places, key=lambda p: (p[1], p[0])):
        if runs and runs[-1][0] == column and runs[-1][2] == row - 1:
            runs[-1] = (column, runs[-1][1], row)
        else:
            runs.append((column, row, row))
    return [
        _at((first, column), 0, sheet)
        + (f":{column_letters(column)}{last}" if last > first else "")
        for column, first, last in runs
    ]


def _ranges(places: Iterable[Place], sheet: str = "") -> str:
    """Cells as few ranges for functions that pass over text: a range may hold the columns
    of statuses between those of figures.
    """
    rows: dict[int, list[tuple[int, int]]] = {}
    for row, column in sorted(places):
        spans = rows.setdefault(row, [])
        if spans and spans[-1][1] == column - 2:
            spans[-1] = (spans[-1][0], column)
        else:
            spans.append((column, column))
    blocks: list[tuple[int, int, tuple[int, int]]] = []  # first and last row, columns
    standing: dict[tuple[int, int], int] = {}
    for row, spans in rows.items():
        for span in spans:
            at = standing.get(span)
            if at is not None and blocks[at][1] == row - 1:
                blocks[at] = (blocks[at][0], row, span)
            else:
                standing[span] = len(blocks)
                blocks.append((row, row, span))
    return ",".join(
        _at((first, left), 0, sheet)
        + ("" if (first, left) == (last, right) else f":{column_letters(right)}{last}")
        for first, last, (left, right) in blocks
    )
