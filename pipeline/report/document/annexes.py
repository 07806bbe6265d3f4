"""What stands behind the numbers? Coverage matrix, revisions, queries, sources, data
dictionary, symbols, dashboard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from pipeline.cells import (
    BOTH_YEARS,
    CONF_LABEL,
    CONSTANT,
    OBS_LABEL,
    OBS_SYMBOL,
    POPULATION_CUBE,
    REGION,
    REGIONS,
    WITHHELD_SYMBOL,
    Cell,
    Key,
    is_outside,
)
from pipeline.numbers.sql.lineage import own_models
from pipeline.report.document.mirrored import build_mirror
from pipeline.report.document.quality import quality_lines
from pipeline.report.edition import SHOWN, WITHHELD, Correction
from pipeline.report.exhibits.answers import build_answers, build_apart
from pipeline.report.exhibits.exhibit_rules import (
    ENABLERS,
    GAPS,
    LEVELS,
    OUTLOOK_WORDS,
    OUTSIDE_SCORES,
    SINCE,
)
from pipeline.report.exhibits.headline import build_headline
from pipeline.report.exhibits.judged_enablers import build_enablers
from pipeline.report.exhibits.judged_gaps import build_gaps
from pipeline.report.exhibits.judged_levels import build_levels
from pipeline.report.exhibits.judged_outlook import build_outlook_words
from pipeline.report.exhibits.judged_since import build_since
from pipeline.report.exhibits.judgements import (
    build_areas,
    build_judgement,
    build_matrix,
    build_priorities,
)
from pipeline.report.exhibits.layout import ExhibitSpec, fill
from pipeline.report.exhibits.outside_scores import build_outside_scores
from pipeline.report.exhibits.strips import ANSWERED_BY, build_strips
from pipeline.report.exhibits.tables import (
    MARK_TEXTS,
    NOT_COMPUTED_TEXT,
    anchor,
    build_indicators,
    cell_view,
    counted_view,
    footnotes_of,
    formula_view,
    same_states_view,
)
from pipeline.report.formulas import NOT_COMPUTED, change
from pipeline.report.ledger import (
    BEFORE,
    charts_of,
    entry_keys,
    exhibits_of,
    lines_of,
    reference_of,
)
from pipeline.report.numbers import cell_text, change_text, number_text
from pipeline.report.printing import Printing
from pipeline.report.questions import named
from pipeline.report.sources import codes_of, source_code, source_line
from pipeline.report.store import Store
from pipeline.report.views import CellView, Column, EmptyView, Row, TableView

ANSWERS = {
    "reported": "yes",
    "question": "in q.",
    "suppressed": "<5",
    "earlier": "old",
    "refused": "ref.",
    "none": "no",
}
ANSWER_MEANS = {
    "reported": "figures for the reference year",
    "question": "in question, a part is larger than its whole",
    "earlier": "only for earlier years",
    "suppressed": "only counts suppressed by the sender",
    "refused": "the table was refused, with a finding to the state",
    "none": "not reported",
}
_OUTSIDE = "outside judgement, no return"
CONTRACT_SOURCE = "data contracts of the Center."
_REGIONS = {
    REGION: "Region",
    CONSTANT: "Region of constant composition",
    BOTH_YEARS: "Region, states of both years",
}

View = TableView | EmptyView


def build_annex(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> View:
    return _BUILDERS[spec.kind](spec, store, number=number, values=values)


def _text_table(
    spec: ExhibitSpec,
    store: Store,
    *,
    number: str,
    values: Mapping[str, str],
    heads: list[str],
    rows: list[list[str]],
    source: str,
    unit: str = "",
    weights: tuple[int, ...] = (),
) -> TableView:
    widths = weights or (0,) * len(heads)
    columns = tuple(
        Column(h, "text" if i else "label", weight=w)
        for i, (h, w) in enumerate(zip(heads, widths, strict=True))
    )
    lines = tuple(Row(r[0], tuple(CellView(t) for t in r[1:])) for r in rows)
    notes = tuple(fill(n, values, where=spec.place) for n in spec.notes)
    title = fill(spec.title, values, where=spec.place)
    id_ = anchor(spec, store, values=values)
    return TableView(
        id_, number, title, unit, columns, lines, source, (), notes, spec.wide, may_split=True
    )


def _coverage(spec: ExhibitSpec, store: Store, *, number: str, values: Mapping[str, str]) -> View:
    states = [m.code for m in store.contracts.members(store.round)]
    answers = {(c.cube, c.state): c.answer for c in store.coverage}
    rows = []
    every: list[list[str]] = []
    used = set[str]()
    for cube, title in dict.fromkeys((c.cube, c.title) for c in store.coverage):
        given = [answers.get((cube, s), "none") for s in states]
        every.append(given)
        answered = sum(a in ANSWERED_BY for a in given)
        rows.append([title, *(ANSWERS[a] for a in given), f"{answered} of {len(states)}"])
        used.update(given)
    view = _text_table(
        spec,
        store,
        number=number,
        values=values,
        heads=["Table of the return", *states, "Answered"],
        rows=rows,
        source=f"returns of the member states to SELEC, round {store.round}.",
        weights=(30, *(5 for _ in states), 9),
    )
    meaning = "; ".join(f"{ANSWERS[a]}: {means}" for a, means in ANSWER_MEANS.items() if a in used)
    shaded = tuple(
        replace(row, cells=(*map(_answered, row.cells, given), *row.cells[len(given) :]))
        for row, given in zip(view.rows, every, strict=True)
    )
    return replace(view, rows=shaded, notes=(f"{meaning}.", *view.notes))


def _answered(cell: CellView, answer: str) -> CellView:
    """A cell whose ground says at a glance what its word says."""
    return replace(cell, status=f"answer-{answer}")


def _unreported(spec: ExhibitSpec, store: Store, *, number: str, values: Mapping[str, str]) -> View:
    """The tables of the return without a figure for the reference year, and who gave
    one for an earlier year.
    """
    answers: dict[tuple[str, str], dict[str, str]] = {}
    for line in store.coverage:
        answers.setdefault((line.cube, line.title), {})[line.state] = line.answer
    rows = []
    for (cube, title), given in answers.items():
        if set(given.values()) & {*ANSWERED_BY} or not store.is_asked(cube):
            continue
        earlier = [
            store.label("", "state", code=m.code)
            for m in store.contracts.members(store.round)
            if given.get(m.code) == "earlier"
        ]
        rows.append([title, ", ".join(earlier) or "none"])
    if not rows:
        return EmptyView("Every table of the return was answered.")
    return _text_table(
        spec,
        store,
        number=number,
        values=values,
        heads=["Table of the return", "States with a figure for an earlier year"],
        rows=rows,
        source=f"returns of the member states to SELEC, round {store.round}.",
        weights=(50, 50),
    )


def _revisions(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> View:
    if not store.revisions:
        return EmptyView("No figure of an earlier round was restated with another value.")
    rows = []
    revisions = sorted(store.revisions, key=lambda r: _place(store, Key.parse(r.key)))
    for r in revisions:
        key = Key.parse(r.key)
        store.print_cell(key)
        old = number_text(r.old_value) if r.old_value is not None else r.old_raw
        new = number_text(r.new_value) if r.new_value is not None else r.new_raw
        difference = "" if r.difference is None else change_text(r.difference)
        rows.append(
            [
                store.label(key.cube, "state", code=key.state),
                named(store, key),
                str(key.year),
                old,
                new,
                difference,
            ]
        )
    columns = (
        Column("State", "label", weight=18),
        Column("Figure", "text", weight=46),
        Column("Year", weight=7),
        Column(f"Round {store.revisions[0].old_round}", weight=10),
        Column(f"Round {store.round}", weight=10),
        Column("Difference", weight=11),
    )
    lines = tuple(
        Row(r[0], tuple(CellView(t, k.key if i == 3 else "") for i, t in enumerate(r[1:])))
        for r, k in zip(rows, revisions, strict=True)
    )
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        columns,
        lines,
        f"returns of the member states to SELEC, rounds {store.revisions[0].old_round} and"
        f" {store.round}.",
    )


def _place(store: Store, key: Key) -> tuple[int, int, tuple[str, ...]]:
    """Tables in the order of the contracts, states in the Center's, then years."""
    tables = [t.name for t in store.contracts.every_table]
    return tables.index(key.cube), store.contracts.codelist("states")[key.state].sort, key.codes[1:]


def _findings(spec: ExhibitSpec, store: Store, *, number: str, values: Mapping[str, str]) -> View:
    """Queries and errors by state and rule; the findings pages of the states hold every
    single cell.
    """
    counted: dict[tuple[str, str, str], int] = {}
    examples: dict[tuple[str, str, str], str] = {}
    for f in store.findings:
        group = (f.state, f.severity, f.rule)
        counted[group] = counted.get(group, 0) + 1
        first = f"{' '.join(filter(None, (f.sheet, f.cell)))}: {f.found}"[:110]
        examples.setdefault(group, f"{first}; {f.remark}" if f.remark else first)
    if not counted:
        return EmptyView("No return of this round gave rise to a finding.")
    order = [m.code for m in store.contracts.members(store.round)]
    rows = [
        [
            store.label("", "state", code=state) if state in order else state,
            severity,
            rule,
            str(n),
            examples[state, severity, rule],
        ]
        for (state, severity, rule), n in sorted(
            counted.items(), key=lambda i: (order.index(i[0][0]) if i[0][0] in order else 99, i[0])
        )
        if severity != "note"
    ]
    if not rows:
        return EmptyView("No return of this round gave rise to an error or a query.")
    return _text_table(
        spec,
        store,
        number=number,
        values=values,
        heads=["State", "Severity", "Rule", "Cells", "First of them"],
        rows=rows,
        source=f"validation of the returns of round {store.round}.",
        weights=(16, 8, 35, 6, 35),
    )


def _sources(spec: ExhibitSpec, store: Store, *, number: str, values: Mapping[str, str]) -> View:
    """Which publication or register stands behind each code of a source, for which
    tables it was named, and by which states.
    """
    codes = codes_of(store)
    behind: dict[str, dict[str, set[str]]] = {}  # source -> table -> states
    for s in store.sources:
        for part in filter(None, (p.strip() for p in s.source.split(";"))):
            behind.setdefault(part, {}).setdefault(s.cube, set()).add(s.state)
    if not behind:
        return EmptyView("No state named the source of its figures.")
    order = [t.name for t in store.contracts.every_table]
    rows: list[Row] = []
    for source in sorted(behind, key=codes.__getitem__):
        rows.append(Row(codes[source], (CellView(source),), kind="group"))
        rows += [
            Row(
                store.table(cube).title,
                (CellView(", ".join(sorted(behind[source][cube]))),),
                level=1,
            )
            for cube in sorted(behind[source], key=order.index)
        ]
    outside = _sources_of_scores(store)
    rows += outside
    columns = (
        Column("Code, tables of the return", "label", weight=45),
        Column("Source named on the cover sheet, states", "text", weight=55),
    )
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        columns,
        tuple(rows),
        f"cover sheets of the returns of round {store.round}"
        f"{', and who published outside scores' if outside else ''}.",
        (),
        tuple(fill(n, values, where=spec.place) for n in spec.notes),
        spec.wide,
        may_split=True,
    )


def _sources_of_scores(store: Store) -> list[Row]:
    """Who published scores that stand apart from the returns, by the name of their cube in
    the data files.
    """
    rows: list[Row] = []
    for cube in store.contracts.context(store.report):
        if cube.scores and cube.name in store.cubes():
            rows.append(Row(cube.name, (CellView(cube.cited),), kind="group"))
            rows.append(Row(cube.title, (CellView(_OUTSIDE),), level=1))
    return rows


def _dictionary(spec: ExhibitSpec, store: Store, *, number: str, values: Mapping[str, str]) -> View:
    rows = []
    for table in store.contracts.contract(store.report).tables_of(store.round):
        dimensions = ", ".join(["state", "year", *(d.label.lower() for d in table.dimensions)])
        what = f"{table.title}. {table.description}"
        rows.append([table.name, what, dimensions, table.unit, table.iccs or "\N{EN DASH}"])
    return _text_table(
        spec,
        store,
        number=number,
        values=values,
        heads=["Table", "What one figure is", "Dimensions", "Unit", "ICCS"],
        rows=rows,
        source=CONTRACT_SOURCE,
        weights=(21, 43, 14, 10, 12),
    )


def _statuses(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> View:
    """The symbols and marks that this version printed before this page, and the
    statuses that its cells have.
    """
    cells = [c for e in store.shown for line in lines_of(e) for c in line.cells]
    points = [p for d in charts_of(store.shown) for s in d.data.series for p in s.points]
    texts = {c.text for c in cells} | {p.text for p in points}
    used = {mark for c in cells for mark in c.marks}
    rows = [
        ["0", "Counted, and there was none"],
        [WITHHELD_SYMBOL, "Withheld from this version by the release policy"],
    ]
    rows += [[OBS_SYMBOL[code], OBS_LABEL[code].capitalize()] for code in ("O", "M", "Q", "N")]
    rows.append([NOT_COMPUTED, NOT_COMPUTED_TEXT])
    rows = [row for row in rows if row[0] in texts]
    rows += [
        [mark, f"Mark: {text[0].lower()}{text[1:]}"]
        for mark, text in MARK_TEXTS.items()
        if mark in used
    ]
    held = {"S" if c.withheld else c.conf_status for c in store.every_cell()}
    rows += [
        [f"CONF {code}", text[0].upper() + text[1:]]
        for code, text in CONF_LABEL.items()
        if code in held
    ]
    return _text_table(
        spec,
        store,
        number=number,
        values=values,
        heads=["Symbol", "Meaning"],
        rows=rows,
        source=CONTRACT_SOURCE,
        weights=(1, 6),
    )


def _questions(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> View:
    """Figures that a state was asked about and that are shown here: those in a block in
    conflict, and other queries.
    """
    open_ = {c.whole for c in store.conflicts if not c.resolution}
    keys = [Key.parse(k) for k in {*open_, *store.queried}]
    keys = [
        k
        for k in keys
        if store.cell(k).has_value and k.cube in {t.name for t in store.own_tables()}
    ]
    if not keys:
        return EmptyView("No figure that is shown here is under question.")
    rows = []
    for key in sorted(keys, key=lambda k: _place(store, k)):
        conflict = store.conflict(str(key)) if str(key) in open_ else None
        why = "Asked for an explanation"
        against = CellView("")
        if conflict is not None:
            part = Key.parse(conflict.part)
            store.print_cell(part)
            why = named(store, part)
            against = CellView(cell_text(store.cell(part)), str(part))
        store.print_cell(key)
        rows.append(
            Row(
                f"{store.label('', 'state', code=key.state)}, {key.year}",
                (
                    CellView(named(store, key)),
                    CellView(cell_text(store.cell(key)), str(key)),
                    CellView(why),
                    against,
                ),
            )
        )
    columns = (
        Column("State and year", "label", weight=18),
        Column("Figure", "text", weight=31),
        Column("As reported", weight=10),
        Column("In conflict with, or asked", "text", weight=32),
        Column("That figure", weight=9),
    )
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        columns,
        tuple(rows),
        f"validation of the returns of round {store.round}.",
        notes=tuple(fill(n, values, where=spec.place) for n in spec.notes),
        may_split=True,
    )


def _dashboard(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> View:
    """Regional totals by crime area over the window, with change and coverage."""
    marks: dict[str, str] = {}
    columns = (
        Column("Crime area and indicator", "label", weight=88),
        *(Column(str(y), weight=16) for y in store.years),
        Column(f"Change {values['previous']}\N{EN DASH}{values['year']} (%)", weight=20),
        Column("Same states", "text", weight=17),
        Column("States counted", "text", weight=17),
    )
    rows: list[Row] = []
    for area, cubes in _cubes_by_area(store).items():
        rows.append(Row(store.contracts.codelist("crime_area").label(area), (), 0, "group"))
        for cube, reported in cubes:
            table = store.table(cube)
            if reported:
                keys = [table.total_key(REGION, y) for y in store.years]
                views = [cell_view(store, k, marks=marks) for k in keys]
                moved = change(store, keys[-1], since=int(values["previous"]))
                views += [
                    formula_view(moved),
                    same_states_view(store, moved),
                    counted_view(store.cell(keys[-1])),
                ]
            else:
                blank = (*(OBS_SYMBOL["O"] for _ in store.years), OBS_SYMBOL["O"], "", "none")
                views = [CellView(text, status="missing") for text in blank]
            rows.append(Row(f"{table.title} ({table.unit})", tuple(views), 1))
    if any(v.text == NOT_COMPUTED for r in rows for v in r.cells):
        marks[NOT_COMPUTED] = NOT_COMPUTED_TEXT
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "as shown per line",
        columns,
        tuple(rows),
        f"returns of the member states to SELEC, round {store.round}.",
        footnotes_of(store, rows, marks=marks),
        tuple(fill(n, values, where=spec.place) for n in spec.notes),
        spec.wide,
    )


def _cubes_by_area(store: Store) -> dict[str, list[tuple[str, bool]]]:
    """Cubes with a regional total by crime area; an area in which nobody reported shows
    its tables all the same.
    """
    known: dict[str, list[tuple[str, bool]]] = {}
    for a in store.areas:
        known.setdefault(a.crime_area, []).append((a.cube, True))
    silent: dict[str, list[tuple[str, bool]]] = {}
    for table in store.contracts.contract(store.report).tables_of(store.round):
        if table.crime_area not in known and table.respondent == "states":
            silent.setdefault(table.crime_area, []).append((table.name, False))
    by_area = known | silent
    return {
        c.code: by_area[c.code] for c in store.contracts.codelist("crime_area") if c.code in by_area
    }


def _overview(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> View:
    """One line a state, one column an indicator of any table: keys with {state} in
    them.
    """
    marks: dict[str, str] = {}
    columns = [Column("State", "label")]
    columns += [Column(fill(i["label"], values, where=spec.place)) for i in spec.indicators]
    rows, cubes = [], []
    for member in store.contracts.members(store.round):
        keys = [
            Key.parse(fill(i["key"], {**values, "state": member.code}, where=spec.place))
            for i in spec.indicators
        ]
        cubes += [store.contracts.check_key(k).name for k in keys]
        rows.append(Row(member.label, tuple(cell_view(store, k, marks=marks) for k in keys)))
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        tuple(columns),
        tuple(rows),
        source_line(store, list(dict.fromkeys(cubes))),
        footnotes_of(store, rows, marks=marks),
        tuple(fill(n, values, where=spec.place) for n in spec.notes),
        spec.wide,
        source_code=source_code(store, cubes),
    )


def _provenance(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> View:
    """One line an exhibit placed so far: its cubes, the SQL models that are its own,
    the contract's tables.
    """
    folder = store.contracts.folder.parent / "sql"
    rows = []
    for exhibit in exhibits_of(store.shown):
        keys = [Key.parse(k) for k in entry_keys(exhibit, store.shown)]
        cubes = [c for c in dict.fromkeys(k.cube for k in keys) if not is_outside(c)]
        if not cubes:
            continue
        models = [
            m
            for c in cubes
            for m in own_models(folder, c, origins=_origins([k for k in keys if k.cube == c]))
        ]
        contracts = [f"{store.table(c).report}.odcs.yaml" for c in cubes]
        shown = [
            ", ".join(dict.fromkeys(texts))
            for texts in (cubes, map(_model_name, models), contracts)
        ]
        rows.append([exhibit.number, reference_of(store.report, exhibit.number), *shown])
    return _text_table(
        spec,
        store,
        number=number,
        values=values,
        heads=["Exhibit", "Reference", "Cubes", "SQL models", "Contract"],
        rows=rows,
        source=CONTRACT_SOURCE,
        weights=(9, 13, 25, 36, 17),
    )


def _model_name(name: str) -> str:
    return name.replace(".", "/")


def _origins(keys: list[Key]) -> set[str]:
    """How cells of these keys may have come about, beside being reported."""
    found = {
        {REGION: "region", CONSTANT: "constant", BOTH_YEARS: "both"}.get(k.state, "derived")
        for k in keys
    }
    grouped = any(code == "NAT" or code.startswith("G_") for k in keys for code in k.codes[2:])
    return found | ({"group"} if grouped else set())


def _quality(spec: ExhibitSpec, store: Store, *, number: str, values: Mapping[str, str]) -> View:
    """The headings of SIMS with what they say, and below each its figures with the
    queries behind them.
    """
    rows = [
        (
            Row(q.says, (CellView(q.text, f"query({q.query})"), CellView(q.query)), level=1)
            if q.query
            else Row(q.heading, (CellView(""), CellView(q.says)), kind="group")
        )
        for q in quality_lines(store, store.contracts.folder.parent)
    ]
    columns = (
        Column("Heading, figure", "label", weight=34),
        Column("Figure", weight=11),
        Column("Statement, named query", "text", weight=55),
    )
    title = fill(spec.title, values, where=spec.place)
    return TableView(
        anchor(spec, store, values=values),
        number,
        title,
        "",
        columns,
        tuple(rows),
        f"the store of this version, round {store.round}.",
        may_split=True,
    )


def _corrections(
    spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
) -> View:
    """Each figure of the edition before that is another one in this edition: what that
    one printed, what this one does, and why.
    """
    edition = store.edition
    found = [(Key.parse(c.key), c) for c in edition.corrections]
    if not found or edition.replaces is None:
        return EmptyView("Every figure of the edition before is the same in this one.")
    rows = []
    for key, correction in sorted(found, key=lambda f: _order_of_correction(store, f[0])):
        now = store.print_cell(key)
        cells = (
            CellView(_named_figure(store, key)),
            CellView(_before(correction, now), f"{BEFORE}({key})"),
            CellView(cell_text(now), str(key)),
            CellView(_sentence(correction.why)),
        )
        rows.append(Row(f"{_whose(store, key)}, {key.year}", cells))
    columns = (
        Column("State and year", "label", weight=20),
        Column("Figure", "text", weight=32),
        Column(f"Edition {edition.replaces.number}", weight=11),
        Column(f"Edition {edition.number}", weight=11),
        Column("Reason", "text", weight=26),
    )
    return TableView(
        anchor(spec, store, values=values),
        number,
        fill(spec.title, values, where=spec.place),
        "",
        columns,
        tuple(rows),
        "the edition before, and the store of this version.",
        notes=tuple(fill(n, values, where=spec.place) for n in spec.notes),
        may_split=True,
    )


def _before(correction: Correction, now: Cell) -> str:
    """What the edition before printed of a figure; of one that is withheld now only that
    it was shown, whatever the note says.
    """
    if correction.is_hidden_now or now.withheld:
        return SHOWN
    value = Decimal(correction.value) if correction.value else None
    withheld = value is None and correction.conf_status == WITHHELD
    key = Key.parse(correction.key)
    return cell_text(Cell(key, value, correction.unit, correction.obs_status, withheld=withheld))


def _order_of_correction(store: Store, key: Key) -> tuple[int, int, tuple[str, ...]]:
    """States in the Center's order, regional figures and inhabitants after them."""
    if is_outside(key.cube):
        return len(store.contracts.every_table), 0, key.codes
    if key.state in REGIONS:
        tables = [t.name for t in store.contracts.every_table]
        return tables.index(key.cube), 1000 + REGIONS.index(key.state), key.codes[1:]
    return _place(store, key)


def _whose(store: Store, key: Key) -> str:
    return _REGIONS.get(key.state) or store.label(key.cube, "state", code=key.state)


def _named_figure(store: Store, key: Key) -> str:
    return "Inhabitants" if key.cube == POPULATION_CUBE else named(store, key)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


class Builder(Protocol):
    """Builds the exhibit of an annex, numbered, with what its texts may name."""

    def __call__(
        self, spec: ExhibitSpec, store: Printing, *, number: str, values: Mapping[str, str]
    ) -> View: ...


_BUILDERS: dict[str, Builder] = {
    "headline": build_headline,
    "indicators": build_indicators,
    "coverage": _coverage,
    "unreported": _unreported,
    "revisions": _revisions,
    "corrections": _corrections,
    "findings": _findings,
    "questions": _questions,
    "sources": _sources,
    "dictionary": _dictionary,
    "statuses": _statuses,
    "dashboard": _dashboard,
    "mirror": build_mirror,
    "judgement": build_judgement,
    "judged_areas": build_areas,
    "threat_matrix": build_matrix,
    "priorities": build_priorities,
    "answers": build_answers,
    "apart": build_apart,
    LEVELS: build_levels,
    OUTLOOK_WORDS: build_outlook_words,
    ENABLERS: build_enablers,
    GAPS: build_gaps,
    SINCE: build_since,
    "overview": _overview,
    "strips": build_strips,
    "provenance": _provenance,
    "quality": _quality,
    OUTSIDE_SCORES: build_outside_scores,
}
