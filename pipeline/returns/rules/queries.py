"""Which rows break a rule that looks at more than one cell? Each function gives the SQL
that returns them.

Every query returns one row per finding: the columns of ORIGIN, and `found`, what is
said about the cell.
"""

from __future__ import annotations

from pipeline.cells import TOTAL, UNKNOWN
from pipeline.contracts.codelists import Code
from pipeline.contracts.model import Dimension, Identity, Table

ORIGIN = ("state", "key", "file", "sheet", "address", "raw")
_ORIGIN = ", ".join(ORIGIN)
NOTED = ("B", "D", "E", "P", "U", "K", "W")  # statuses that need a note
_DATE = r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}"
# the line of an address, in a workbook and in a CSV file
_LINE = "regexp_extract(address, '[0-9]+')"


def text_of(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def among(codes: list[str] | tuple[str, ...]) -> str:
    return "(" + ", ".join(text_of(c) for c in codes) + ")"


def plain(column: str) -> str:
    """A number as a person writes it: without the zeros after the point."""
    return f"regexp_replace(cast(cast({column} as decimal(38,3)) as varchar), '[.]?0+$', '')"


def usable_cells(table: Table) -> str:
    """The usable figures, one per key: duplicates have a rule of their own."""
    return f"""select *
    from {table.sql_name}
    where usable
    qualify row_number() over (partition by key order by rowid) = 1"""


def fraction(table: Table) -> str:
    return f"""
select {_ORIGIN}, raw as found
from {table.sql_name}
where value <> floor(value)
order by rowid"""


def nil_count(table: Table) -> str:
    return f"""
select {_ORIGIN}, raw as found
from {table.sql_name}
where usable
    and obs_status = 'N'
order by rowid"""


def limited_codes(dimension: Dimension) -> list[Code]:
    """Codes that are valid only in some years or for some states."""
    return [
        c for c in dimension.codes if c.valid_from > 0 or c.valid_to < 9999 or c.extra.get("states")
    ]


def invalid_code(table: Table, dimension: Dimension) -> str:
    """Figures under a code that did not exist in their year, or not for the state. Zero
    says the same as nothing.
    """
    limits = []
    for code in limited_codes(dimension):
        outside = [f"year not between {code.valid_from} and {code.valid_to}"]
        if states := code.extra.get("states"):
            outside.append(f"state not in {among(states.split())}")
        limits.append(f"({dimension.name} = {text_of(code.code)} and ({' or '.join(outside)}))")
    return f"""
select {_ORIGIN}, concat({plain("value")}, ' under ', {dimension.name}, ' in ', year) as found
from {table.sql_name}
where value <> 0
    and ({" or ".join(limits)})
order by rowid"""


def parents_of(dimension: Dimension) -> dict[str, list[Code]]:
    """Codes with their parts, groups left out."""
    parents: dict[str, list[Code]] = {}
    for code in dimension.codes:
        if parent := dimension.parent_of(code):
            parents.setdefault(parent, []).append(code)
    return parents


def identity(table: Table, identity: Identity, *, states: list[str], years: range) -> str:
    """Totals that differ from their parts.

    Parts that together are above their total are always wrong; one that alone is above
    it has a rule of its own (`parts.exceeding`). Parts below it are wrong only where
    all of them are reported: in an open list, where the line for unknown is. Where the
    contract says that figures are rounded, parts and total may differ by half of a step
    each.
    """
    dimension = table.dimension(identity.dimension)
    others = [d for d in table.key_dimensions if d != dimension.name]
    tree = [(parent, child) for parent, parts in parents_of(dimension).items() for child in parts]
    members = ", ".join(f"({text_of(p)}, {text_of(c.code)})" for p, c in tree)
    same = " and ".join(f"total.{d} = parts.{d}" for d in others)
    keys = ", ".join(f"cells.{d}" for d in others)
    slack = f"{identity.rounding} / 2.0 * (parts.numbers + 1)" if identity.rounding else "0"
    short = "false"
    if identity.parts == "equal":
        short = f"parts.is_complete and total.value - parts.value > {slack}"
    return f"""
with cells as (
    {usable_cells(table)}
),

tree(parent, part) as (
    values {members}
),

{needed_parts(table, dimension, tree=tree, states=states, years=years)},

parts as (
    select {keys}, tree.parent, sum(cells.value) as value, count(cells.value) as numbers,
    max(cells.value) as largest,
        {is_complete_sql(table, dimension)} as is_complete
    from cells
    inner join tree on cells.{dimension.name} = tree.part
    left join needed on needed.parent = tree.parent and needed.state = cells.state
    and needed.year = cells.year
    group by {keys}, tree.parent, needed.n
)

select {", ".join("total." + c for c in ORIGIN)},
    concat('total ', {plain("total.value")}, ', parts ', {plain("parts.value")}, ' (',
    parts.numbers, ' reported)')
        as found
from cells as total
inner join parts on parts.parent = total.{dimension.name} and {same}
where total.value is not null
    and parts.largest <= total.value + {identity.rounding}
    and (parts.value - total.value > {slack} or ({short}))
order by total.key"""


def needed_parts(
    table: Table,
    dimension: Dimension,
    *,
    tree: list[tuple[str, Code]],
    states: list[str],
    years: range,
) -> str:
    """How many parts each total has in the form of a state and year."""
    counts: dict[tuple[str, str, int], int] = {}
    for parent, child in tree:
        for state in states:
            for year in years:
                if child.valid_in(year) and child.valid_for(state):
                    counts[parent, state, year] = counts.get((parent, state, year), 0) + 1
    rows = ", ".join(f"({text_of(p)}, {text_of(s)}, {y}, {n})" for (p, s, y), n in counts.items())
    return f"""needed(parent, state, year, n) as (
    values {rows}
)"""


def is_complete_sql(table: Table, dimension: Dimension) -> str:
    # What cannot exist, and what is less than half of the unit, adds nothing: it is as
    # good as reported.
    reported = "(cells.value is not null or cells.obs_status in ('M', 'N'))"
    if table.layout.open_rows:
        return (
            f"bool_or(cells.{dimension.name} = {text_of(UNKNOWN)} and {reported}) and"
            f" bool_and({reported})"
        )
    return f"count(*) filter (where {reported}) = needed.n"


def same_total(table: Table, other: Table) -> str:
    """Totals that differ from the same count in another table, where the identity says
    at which codes it stands.
    """
    fixed = {d: c for i in table.identities if i.same_total_as == other.name for d, c in i.at}

    def at_total(name: str, which: Table) -> str:
        places = {d.name: TOTAL for d in which.dimensions if d.has_total} | (
            fixed if which is other else {}
        )
        return "".join(f"\n    and {name}.{d} = {text_of(c)}" for d, c in places.items())

    return f"""
with cells as (
    {usable_cells(table)}
),

others as (
    {usable_cells(other)}
)

select {", ".join("cells." + c for c in ORIGIN)},
    concat({plain("cells.value")}, ', but ', {plain("others.value")}, ' on sheet ', others.sheet,
    ' ', others.address)
        as found
from cells
inner join others on cells.state = others.state and cells.year = others.year
where cells.value <> others.value{at_total("cells", table)}{at_total("others", other)}
order by cells.key"""


def change(table: Table, round_: int) -> str:
    """Changes from the year before that are large both in per cent and in number,
    without a word of explanation.
    """
    others = [d for d in table.key_dimensions if d != "year"]
    same = " and ".join(f"now.{d} = before.{d}" for d in others)
    return f"""
with cells as (
    {usable_cells(table)}
)

select {", ".join("now." + c for c in ORIGIN)},
    concat({plain("before.value")}, ' in ', before.year, ', ', {plain("now.value")}, ' in ',
    now.year) as found
from cells as now
inner join cells as before on {same} and before.year = now.year - 1
where now.year = {round_}
    and abs(now.value - before.value) > {table.change_absolute}
    and abs(now.value - before.value) * 100 > {table.change_percent} * before.value
    and now.obs_status <> 'B'
    and coalesce(trim(now.note), '') = ''
order by now.key"""


def revised(table: Table) -> str:
    return f"""
with cells as (
    {usable_cells(table)}
)

select {", ".join("cells." + c for c in ORIGIN)},
    concat({plain("earlier.value")}, ' in round ', earlier.round, ', now ',
    {plain("cells.value")}) as found
from cells
inner join earlier on cells.key = earlier.key
where cells.value <> earlier.value
order by cells.key"""


def not_restated(table: Table, years: range) -> str:
    """Figures of an earlier round for which there is none now. A figure refused as it
    was read is not blank, and one that was left grey is not missed.
    """
    return f"""
select files.state, earlier.key, files.file, coalesce(cells.sheet,
{text_of(table.layout.sheet)}) as sheet,
    coalesce(cells.address, '') as address, coalesce(cells.raw, '') as raw,
    concat({plain("earlier.value")}, ' in round ', earlier.round, ', now ', coalesce(cells.raw,
    'empty')) as found
from earlier
inner join files on files.report = earlier.report and files.state = earlier.state
and files.outcome = 'read'
    and (files.file, {text_of(table.name)}) not in (select file, table_name from not_told)
left join {table.sql_name} as cells on cells.key = earlier.key
where earlier.table_name = {text_of(table.name)}
    and earlier.year between {years[0]} and {years[-1]}
    and earlier.value is not null
    and cells.value is null
    and coalesce(cells.usable, true)
    and earlier.key not in (select key from left_grey)
order by earlier.key"""


def missing_note(table: Table) -> str:
    """Lines with a status that must be explained, and no note. One finding per line:
    the note belongs to all of it.
    """
    return f"""
select {_ORIGIN}, concat('status ', obs_status, ' without a note') as found
from {table.sql_name}
where usable
    and obs_status in {among(NOTED)}
    and coalesce(trim(note), '') = ''
qualify row_number() over (partition by file, sheet, {_LINE} order by rowid) = 1
order by rowid"""


def embargo_without_date(table: Table) -> str:
    return f"""
select {_ORIGIN}, coalesce(note, 'no note') as found
from {table.sql_name}
where usable
    and conf_status = 'E'
    and not regexp_matches(coalesce(note, ''), {text_of(_DATE)})
qualify row_number() over (partition by file, sheet, {_LINE} order by rowid) = 1
order by rowid"""


def chain(table: Table, dimension: Dimension) -> str:
    """More persons convicted than prosecuted in the years for which both are known,
    three of them at least.
    """
    others = [d for d in table.dimensions if d.name != dimension.name and d.has_total]
    at_total = "".join(f"\n        and {d.name} = {text_of(TOTAL)}" for d in others)
    return f"""
with cells as (
    {usable_cells(table)}
),

stages as (
    select state, year, max(value) filter (where {dimension.name} = 'PROS') as prosecuted,
        max(value) filter (where {dimension.name} = 'CONV') as convicted,
        arg_max(key, year) filter (where {dimension.name} = 'CONV') as key
    from cells
    where value is not null{at_total}
    group by state, year
),

sums as (
    select state, sum(prosecuted) as prosecuted, sum(convicted) as convicted, max_by(key,
    year) as key
    from stages
    where prosecuted is not null
        and convicted is not null
    group by state
    having count(*) >= 3
)

select {", ".join("cells." + c for c in ORIGIN)},
    concat({plain("sums.convicted")}, ' convicted, ', {plain("sums.prosecuted")},
    ' prosecuted in the same years')
        as found
from sums
inner join cells on cells.key = sums.key
where sums.convicted > sums.prosecuted
order by cells.key"""
