"""How does a grid of cells become a printed table? Texts, added columns, footnotes by
status, coverage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipeline.cells import CONSTANT, OBS_LABEL, REGION, REGIONS, Cell, Key
from pipeline.report.exhibits.layout import ExhibitSpec, Grid, Item, fill, lay_out, speaks
from pipeline.report.formulas import Formula, change, rate, share
from pipeline.report.numbers import cell_text, formula_text, is_headline, is_not_added_up
from pipeline.report.printing import Printing
from pipeline.report.questions import IN_QUESTION, QUESTION_MARK, footnote, is_marked
from pipeline.report.sources import source_code, source_line
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, EmptyView, Footnote, Row, TableView

STATUS_MARKS = {"B": "b", "D": "d", "E": "e", "K": "k", "P": "p", "U": "u", "W": "w"}
QUERY_MARK, EARLIER_MARK, PARTIAL_MARK = "q", "v", "*"
MARK_TEXTS = {mark: OBS_LABEL[status].capitalize() for status, mark in STATUS_MARKS.items()} | {
    QUERY_MARK: "Figure queried with the state; see the list of figures under question",
    QUESTION_MARK: (
        f"{IN_QUESTION}; until the state has answered, regional figures count the whole, not its"
        " parts"
    ),
    EARLIER_MARK: "Figure of an earlier round, not restated in this one",
    PARTIAL_MARK: "Sum over fewer than all member states; see the line or column on coverage",
}
SEVERAL_FIGURES = "the source gives several figures, the largest stands as the least that there was"
NOT_COMPUTED_TEXT = (
    "Not computed: different states reported, a break in the series, a figure in question, or one"
    " that is too small"
)
ADDED_HEADS = {
    "change": "Change {previous}\N{EN DASH}{year} (%)",
    "same": "Same states",
    "share": "Share (%)",
    "rate": "Per 100,000 inhabitants",
    "coverage": "States counted",
}


def why_no_table(spec: ExhibitSpec, store: Store, *, values: Mapping[str, str]) -> str:
    """One line where a table would have no figure, else nothing."""
    return _why_none(lay_out(spec, store, values=values), store, spec=spec, values=values)


def _why_none(grid: Grid, store: Store, *, spec: ExhibitSpec, values: Mapping[str, str]) -> str:
    cells = grid.cells(store)
    kept = [c for i in _lines_kept(grid, store) for c in cells[i]]
    return why_empty(kept, store, cube=spec.cube, state=values.get("state_name", ""))


def _lines_kept(grid: Grid, store: Store) -> list[int]:
    return [i for i, row in enumerate(grid.cells(store)) if _worth_a_line(grid.rows[i], row)]


def build_table(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """A table of an exhibit, or the one line that says why there is none."""
    grid = lay_out(spec, store, values=values)
    title = fill(spec.title, values, where=spec.place)
    keep = _lines_kept(grid, store)
    if reason := _why_none(grid, store, spec=spec, values=values):
        return EmptyView(reason)
    added = _columns_added(spec, grid, keep=keep)
    marks: dict[str, str] = {}
    rows = []
    for i in keep:
        item = grid.rows[i]
        keys = grid.keys[i]
        views = [cell_view(store, k, marks=marks) for k in keys]
        views += [_added(what, spec, store=store, grid=grid, i=i, values=values) for what in added]
        label = f"{item.group}, {item.label.lower()}" if item.group else item.label
        rows.append(
            Row(
                label,
                tuple(views),
                _indent(grid, item),
                "total" if item.is_total and not item.group else "body",
            )
        )
    rows += _coverage_lines(spec, store, grid=grid, added=added)
    table = store.table(spec.cube)
    # a column of text would take what numbers leave
    first, other = (28, 10) if "coverage" in added else (0, 0)
    columns = [Column(first_head(spec, store), "label", weight=first)]
    columns += [Column(c.label, "number", c.group, other) for c in grid.columns]
    columns += [
        Column(
            fill(ADDED_HEADS[a], values),
            "text" if a in ("coverage", "same") else "number",
            weight=other,
        )
        for a in added
    ]
    if any(v.text == "x" for r in rows for v in r.cells):
        marks["x"] = NOT_COMPUTED_TEXT
    return TableView(
        id=anchor(spec, store, values=values),
        number=number,
        title=title,
        unit=table.unit,
        columns=tuple(columns),
        rows=tuple(rows),
        source=source_line(store, [spec.cube]),
        footnotes=footnotes_of(store, rows, marks=marks),
        notes=tuple(
            fill(n, values, where=spec.place)
            for n in (*spec.notes, *grid.notes, *_notes_on_shares(rows))
        ),
        wide=spec.wide,
        source_code=source_code(store, [spec.cube]),
    )


def anchor(spec: ExhibitSpec, store: Store, *, values: Mapping[str, str]) -> str:
    state = f"-{values['state']}" if "state" in values else ""
    return f"{store.report}-{spec.id}{state}".lower()


def cell_view(store: Printing, key: Key, *, marks: dict[str, str]) -> CellView:
    """One printed cell with the marks of its statuses; the marks used are collected for
    the footnotes.
    """
    cell = store.print_cell(key)
    own = []
    if cell.obs_status in STATUS_MARKS and cell.has_value:
        own.append(STATUS_MARKS[cell.obs_status])
    several = bool(own) and store.is_least(cell)
    if (
        cell.has_value
        and cell.coverage is not None
        and cell.of is not None
        and cell.coverage < cell.of
    ):
        own.append(PARTIAL_MARK)
    if (
        cell.has_value
        and cell.vintage is not None
        and cell.vintage < store.round
        and cell.coverage is None
    ):
        own.append(EARLIER_MARK)
    if is_marked(cell):
        own.append(QUESTION_MARK)
    elif str(key) in store.queried and cell.has_value:
        own.append(QUERY_MARK)
    for mark in own:
        marks[mark] = MARK_TEXTS[mark]
    if several:
        marks[own[0]] = f"{MARK_TEXTS[own[0]]}; {SEVERAL_FIGURES}"
    return CellView(cell_text(cell), str(key), tuple(own), _status(cell))


def _status(cell: Cell) -> str:
    if cell.withheld:
        return "withheld"
    if cell.value is None:
        return "suppressed" if cell.obs_status == "Q" else "missing"
    return "break" if cell.obs_status == "B" else ""


def footnotes(marks: Mapping[str, str], bound: str = "") -> tuple[Footnote, ...]:
    """What marks mean. `bound` says it of figures in question, with the keys of its
    figures.
    """
    in_order = sorted(marks, key=lambda m: (not m.isalpha(), m))
    return tuple(Footnote(m, marks[m], bound if m == QUESTION_MARK else "") for m in in_order)


def footnotes_of(
    store: Printing, rows: Iterable[Row], *, marks: Mapping[str, str]
) -> tuple[Footnote, ...]:
    """What the marks of a table mean; of figures in question, which whole and which
    part disagree.
    """
    said = dict(marks)
    bound = ""
    if QUESTION_MARK in marks:
        bound = footnote(
            store, (Key.parse(v.key) for r in rows for v in r.cells if QUESTION_MARK in v.marks)
        )
        said[QUESTION_MARK] = bind_figures(store, bound)
    return footnotes(said, bound)


def bind_figures(store: Store, text: str) -> str:
    """A text with the figure of each key that stands in double square brackets."""
    return re.sub(r"\[\[(.+?)\]\]", lambda m: cell_text(store.cell(Key.parse(m[1]))), text)


def formula_view(formula: Formula) -> CellView:
    return CellView(
        formula_text(formula), formula.text, (), "" if formula.value is not None else "missing"
    )


def same_states_view(store: Store, formula: Formula) -> CellView:
    """How many states a regional change counts; nothing beside the change of a state's
    own figure.
    """
    key = formula.inputs[0]
    if key.state not in REGIONS:
        return CellView("")
    return counted_view(store.cell(key)) if formula.value is not None else CellView("")


def coverage_text(cell: Cell) -> str:
    if cell.withheld:
        return "c"
    if cell.coverage is None:
        return ""
    return f"{cell.coverage} of {cell.of}"


def counted_view(cell: Cell) -> CellView:
    """How many states a figure counts, `none` where no state gave one; nothing beside
    the figure of a state, and where the figures of states were not added up.
    """
    nobody = "none" if cell.key.state in REGIONS and not is_not_added_up(cell) else ""
    return CellView(coverage_text(cell) or nobody, f"coverage({cell.key})")


def why_empty(cells: list[Cell], store: Store, *, cube: str, state: str = "") -> str:
    """One line when no cell has anything to show, else nothing; `state` names whose
    page it stands on.
    """
    if any(
        c.has_value or (c.value is None and c.obs_status not in ("O", "L") and not c.withheld)
        for c in cells
    ):
        return ""
    if any(c.withheld for c in cells or store.cells_of(cube)):
        return "No figure of this exhibit may be shown in this version."
    if store.table(cube).respondent == "center":
        return "The Center reported no figures for this exhibit."
    if state:
        return f"{state} reported no figures for this exhibit."
    return "No state reported figures for this exhibit."


def _worth_a_line(item: Item, cells: list[Cell]) -> bool:
    """States always have their line; other categories only where somebody reported
    something.
    """
    return "state" in item.codes or _any_given(cells)


def _any_given(cells: Iterable[Cell]) -> bool:
    """Whether somebody reported something of these cells, shown or not."""
    return any(c.obs_status != "O" or c.withheld for c in cells)


def _indent(grid: Grid, item: Item) -> int:
    return max(0, item.level - min(r.level for r in grid.rows))


def first_head(spec: ExhibitSpec, store: Store) -> str:
    """The head of the column of row labels: `State`, `Sex, age group`."""
    assert spec.rows is not None
    names = [
        (
            name.capitalize()
            if name in ("state", "year")
            else store.table(spec.cube).dimension(name).label
        )
        for name in spec.rows.dimensions
    ]
    return ", ".join([names[0], *(n.lower() for n in names[1:])])


def _base_key(grid: Grid, i: int, *, values: Mapping[str, str]) -> Key:
    """The key that an added column speaks of: the line's key in the reference year, at
    the total across.
    """
    for item, key in zip(grid.columns, grid.keys[i], strict=True):
        if item.codes.get("year") == values["year"]:
            return key
    totals = [k for c, k in zip(grid.columns, grid.keys[i], strict=True) if c.is_total]
    return totals[0] if totals else grid.keys[i][-1]


def _columns_added(spec: ExhibitSpec, grid: Grid, *, keep: list[int]) -> tuple[str, ...]:
    """What an exhibit adds; beside changes of regional figures, how many states they
    count.
    """
    regional = any(k.state in REGIONS for i in keep for k in grid.keys[i])
    return tuple(
        a
        for what in spec.add
        for a in ((what, "same") if what == "change" and regional else (what,))
    )


def _added(
    what: str, spec: ExhibitSpec, *, store: Printing, grid: Grid, i: int, values: Mapping[str, str]
) -> CellView:
    key = _base_key(grid, i, values=values)
    if what == "change":
        return formula_view(change(store, key, since=int(values["previous"])))
    if what == "same":
        return same_states_view(store, change(store, key, since=int(values["previous"])))
    if what == "rate":
        return formula_view(rate(store, key))
    if what == "share":
        return formula_view(share(store, key, whole=_whole(spec, store, key=key, row=grid.rows[i])))
    return counted_view(store.print_cell(key))


def _notes_on_shares(rows: list[Row]) -> list[str]:
    """A share whose base is not the printed total must say so."""
    shares = [v for r in rows for v in r.cells if v.key.startswith("share(") and not v.status]
    if any(" + " in v.key for v in shares):
        return [
            "Shares are over the states that gave the part: their base may be less than the total"
            " printed."
        ]
    return []


def _whole(spec: ExhibitSpec, store: Store, *, key: Key, row: Item) -> Key:
    """What a share is a share of: the same key with the line's dimensions at their
    total.
    """
    table = store.table(spec.cube)
    codes = dict(zip(table.key_dimensions, key.codes, strict=True))
    for name in row.codes:
        codes[name] = REGION if name == "state" else "_T"
    return table.key(codes)


def _coverage_lines(
    spec: ExhibitSpec, store: Store, *, grid: Grid, added: tuple[str, ...]
) -> list[Row]:
    """Under a table of states: how many states each regional figure counts."""
    assert spec.rows is not None
    lines = []
    for region, label in (
        (REGION, "States in the region"),
        (CONSTANT, "States in constant composition"),
    ):
        if region not in spec.rows.region:
            continue
        i = next(i for i, r in enumerate(grid.rows) if r.codes.get("state") == region)
        counted = [store.cell(k) for k in grid.keys[i]]
        views = [*map(counted_view, counted), *(CellView("") for _ in added)]
        if any(map(coverage_text, counted)):
            lines.append(Row(label, tuple(views), 0, "group"))
    return lines


def build_indicators(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> TableView | EmptyView:
    """Headline indicators, one line each: the last two years or, with `columns: year`,
    all; change, coverage, unit. Nothing where no figure of them is there.
    """
    # What is written of them is filled in whether or not there is any figure: a mistake in
    # it is told in every round.
    title = fill(spec.title, values, where=spec.place)
    notes = [fill(n, values, where=spec.place) for n in spec.notes]
    named = []
    for line in spec.indicators:
        key = Key.parse(fill(line["key"], values, where=spec.place))
        table = store.contracts.check_key(key)
        label = fill(line.get("label", table.measure), values, where=spec.place)
        named.append((key, table, label))
    if not speaks(spec, store, values=values):
        return EmptyView("No figure of these indicators was reported.")
    marks: dict[str, str] = {}
    years = store.years if spec.columns else store.years[-2:]
    lines, cubes = [], []
    left_out, never = [], []
    for key, table, label in named:
        # a line of colons on the page of a state tells less than its name in a note
        if "state" in values and not _any_given(store.cell(key.at(year=y)) for y in years):
            never.append(label)
            continue
        if not is_headline(store.cell(key)) or store.is_least(store.cell(key)):
            left_out.append(label)
            continue
        cubes.append(table.name)
        views = [cell_view(store, key.at(year=y), marks=marks) for y in years]
        moved = change(store, key, since=int(values["previous"]))
        views.append(formula_view(moved))
        counted = [same_states_view(store, moved), counted_view(store.cell(key))]
        lines.append((label, views, counted, CellView(table.unit)))
    # a state's own figures have no coverage to tell, not even where one of them is withheld
    regional = any(key.state in REGIONS for key, _, _ in named) and any(
        counted[1].text for _, _, counted, _ in lines
    )
    rows = [
        Row(label, (*views, *(counted if regional else []), unit))
        for label, views, counted, unit in lines
    ]
    if any(v.text == "x" for r in rows for v in r.cells):
        marks["x"] = NOT_COMPUTED_TEXT
    change_head = fill(ADDED_HEADS["change"], values) if spec.columns else "Change (%)"
    columns = [Column("Indicator", "label", weight=32), *(Column(str(y), weight=9) for y in years)]
    columns.append(Column(change_head, weight=13 if spec.columns else 10))
    columns += (
        [Column(ADDED_HEADS[a], "text", weight=9) for a in ("same", "coverage")] if regional else []
    )
    return TableView(
        anchor(spec, store, values=values),
        number,
        title,
        "as shown per line",
        (*columns, Column("Unit", "text", weight=9)),
        tuple(rows),
        source_line(store, list(dict.fromkeys(cubes))),
        footnotes_of(store, rows, marks=marks),
        (*notes, *_not_told(left_out), *_never_reported(never)),
        spec.wide,
        source_code=source_code(store, cubes),
    )


def _never_reported(labels: list[str]) -> list[str]:
    return [f"Not reported in any of these years: {', '.join(labels)}."] if labels else []


def _not_told(labels: list[str]) -> list[str]:
    return (
        [f"Given by fewer than two in five states, and so no headline: {', '.join(labels)}."]
        if labels
        else []
    )
