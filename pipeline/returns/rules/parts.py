"""Which figures cannot stand beside each other? Parts above their whole, and old
figures that newer ones contradict.

Every function gives the SQL that returns the rows, as in `queries`. The numbers decide
the same once more from the ledger (sql/core/conflicts.sql and outdated_cells.sql); a
test holds the two together.
"""

from __future__ import annotations

from pipeline.cells import SUPPRESSED_HIGHEST, TOTAL, UNKNOWN
from pipeline.contracts.model import Contracts, Dimension, Table, link_of
from pipeline.returns.rules.queries import ORIGIN, parents_of, plain, text_of, usable_cells

Linked = list[tuple[Table, dict[str, str]]]
_SHOWN = 4  # of the larger parts, so many are named


def linked_to(contracts: Contracts, table: Table) -> Linked:
    """The table itself, and those that count the same thing by other dimensions; each
    with the codes at which it stands in this table.
    """
    found: Linked = [(table, {})]
    for other in contracts.tables:
        at: dict[str, str] = {}
        first = other
        while link := link_of(first):
            first = contracts.table(link.same_total_as)
            at = at | dict(link.at)
            if first.name == table.name:
                found.append((other, at))
    return found


def _lineage(dimension: Dimension) -> list[tuple[str, str]]:
    """Every code with itself and all that it is a part of."""
    pairs = []
    for code in dimension.codes:
        above: str = code.code
        while above:
            pairs.append((code.code, above))
            above = dimension.parent_of(dimension.codelist[above])
    return pairs


def _lineages(table: Table) -> str:
    """`lineage(dimension, code, above)` of a table."""
    rows = [
        f"({text_of(d.name)}, {text_of(code)}, {text_of(above)})"
        for d in table.dimensions
        for code, above in _lineage(d)
    ]
    return f"lineage(dimension, code, above) as (\n    values {', '.join(rows)}\n)"


def _is_part(whole: Table, part: Table, *, at: dict[str, str]) -> str:
    """Whether a row `part` is narrower than a row `whole`, or the same count in another
    table.
    """
    own = {d.name for d in part.dimensions}
    tests = []
    for d in whole.dimensions:
        code = f"part.{d.name}" if d.name in own else text_of(at.get(d.name, TOTAL))
        tests.append(
            f"exists (select 1 from lineage where dimension = {text_of(d.name)} and code = {code}"
            f" and above = whole.{d.name})"
        )
    return "\n        and ".join(tests)


def _rounding(*tables: Table) -> int:
    return max(t.rounding for t in tables)


def exceeding(table: Table, family: Linked) -> str:
    """Wholes that one of their parts exceeds, in this table or in one that counts the
    same thing by other dimensions.

    A count that its sender suppressed may be four as a whole. Where figures are
    rounded, a step is no excess. One row a whole, so that the state is asked once which
    figures count.
    """
    pairs = "\n\n    union all\n\n    ".join(
        f"""select whole.key as whole, part.value, part.sheet, part.address
    from wholes as whole
    inner join ({usable_cells(part)}) as part on whole.state = part.state and whole.year = part.year
    where part.key <> whole.key
        and part.value > coalesce(whole.value, {SUPPRESSED_HIGHEST}) + {_rounding(table, part)}
        and {_is_part(table, part, at=at)}"""
        for part, at in family
    )
    return f"""
with {_lineages(table)},

wholes as (
    select * from ({usable_cells(table)})
    where value is not null or obs_status = 'Q'
),

larger as (
    {pairs}
),

named as (
    select whole, count(*) as parts,
        list(concat({plain("value")}, ' (', trim(concat(sheet, ' ', address)), ')')
            order by value desc, sheet, address) as texts
    from larger
    group by whole
)

select {", ".join("wholes." + c for c in ORIGIN)},
    concat('whole ', wholes.raw, ', larger parts ', array_to_string(named.texts[1:{_SHOWN}], ', '),
        case when named.parts > {_SHOWN} then concat(' and ', named.parts - {_SHOWN},
        ' more') else '' end) as found
from named
inner join wholes on wholes.key = named.whole
order by wholes.key"""


def outdated(table: Table, states: list[str], *, years: range) -> str:
    """Figures of an earlier round, not restated, that newer figures beside them
    contradict: all parts of a total add up to another sum, a part is above it, or it is
    above its whole, alone or with the parts beside it that still stand. Nothing is
    carried on against newer figures.
    """
    names = [d.name for d in table.dimensions]
    codes = ", ".join(
        f"split_part(split_part(earlier.key, ':', 2), '.', {i}) as {n}"
        for i, n in enumerate(names, 3)
    )
    divided = [] if table.layout.open_rows else [d for d in table.dimensions if parents_of(d)]
    tree = [
        (d.name, parent, part)
        for d in divided
        for parent, parts in parents_of(d).items()
        for part in parts
    ]
    needed = [
        f"({text_of(d)}, {text_of(parent)}, {text_of(s)}, {y})"
        for d, parent, part in tree
        if part.code != UNKNOWN
        for s in states
        if part.valid_for(s)
        for y in years
        if part.valid_in(y)
    ] or ["('', '', '', 0)"]
    members = [
        f"({text_of(d)}, {text_of(parent)}, {text_of(part.code)})" for d, parent, part in tree
    ]
    members = members or ["('', '', '')"]
    sums = "".join(f"{_sum_of_parts(table, d)}\n\n    union all\n\n    " for d in divided)
    together = "".join(f"\n\n    union all\n\n    {_beside_others(table, d)}" for d in divided)
    columns = f"key, state, year, value, {', '.join(names)}" if names else "key, state, year, value"
    return f"""
with {_lineages(table)},

tree(dimension, parent, part) as (
    values {", ".join(members)}
),

needed as (
    select dimension, parent, state, year, count(*) as parts
    from (values {", ".join(needed)}) as each_part(dimension, parent, state, year)
    group by all
),

cells as (
    {usable_cells(table)}
),

carried as (
    select earlier.key, earlier.state, earlier.year, earlier.value, earlier.round, {codes}
    from earlier
    left join {table.sql_name} as now on now.key = earlier.key
    where earlier.table_name = {text_of(table.name)}
        and earlier.year between {years[0]} and {years[-1]}
        and earlier.value is not null
        and now.key is null
),

contradicted_alone as (
    {sums}select whole.key, concat('a newer part is ', max({plain("part.value")})) as why
    from carried as whole
    inner join cells as part on whole.state = part.state and whole.year = part.year
    and part.key <> whole.key
    where part.value > whole.value + {table.rounding}
        and {_is_part(table, table, at={})}
    group by whole.key

    union all

    select part.key, concat('its newer whole is ', min({plain("whole.value")})) as why
    from carried as part
    inner join cells as whole on whole.state = part.state and whole.year = part.year
    and part.key <> whole.key
    where part.value > whole.value + {table.rounding}
        and {_is_part(table, table, at={})}
    group by part.key
),

figures as (
    select {columns}, true as is_newer from cells where value is not null
    union all
    select {columns}, false from carried where key not in (select key from contradicted_alone)
),

contradicted as (
    select * from contradicted_alone{together}
)

select files.state, carried.key, files.file, {text_of(table.layout.sheet)} as sheet, '' as address,
'' as raw,
    concat({plain("carried.value")}, ' in round ', carried.round, ', but ',
    min(contradicted.why)) as found
from contradicted
inner join carried on carried.key = contradicted.key
inner join files on files.report = {text_of(table.report)} and files.state = carried.state
and files.outcome = 'read'
    and (files.file, {text_of(table.name)}) not in (select file, table_name from not_told)
group by files.state, carried.key, files.file, carried.value, carried.round
order by carried.key"""


def _sum_of_parts(table: Table, dimension: Dimension) -> str:
    """Carried totals whose parts along a dimension are all newer and add up to another
    sum.
    """
    same = "".join(
        f" and part.{d.name} = whole.{d.name}" for d in table.dimensions if d.name != dimension.name
    )
    name = text_of(dimension.name)
    unknown = f"part.{dimension.name} <> {text_of(UNKNOWN)}"
    suppressed = "count(*) filter (where part.obs_status = 'Q')"
    return f"""select whole.key, concat('its newer parts add up to ', {plain("sum(part.value)")},
        case when {suppressed} > 0 then concat(' and ', {suppressed},
        ' suppressed') else '' end) as why
    from carried as whole
    inner join tree on tree.dimension = {name} and tree.parent = whole.{dimension.name}
    inner join cells as part on part.state = whole.state and part.year = whole.year
        and part.{dimension.name} = tree.part{same}
    inner join needed on needed.dimension = {name} and needed.parent = whole.{dimension.name}
        and needed.state = whole.state and needed.year = whole.year
    group by whole.key, whole.value, needed.parts
    having count(*) filter (where {unknown} and (part.value is not null or part.obs_status in ('M',
    'N', 'Q')))
        >= needed.parts
        and (sum(part.value) - whole.value > {table.rounding} / 2.0 * (count(part.value) + 1)
            or whole.value - sum(part.value) - {SUPPRESSED_HIGHEST} * {suppressed}
                > {table.rounding} / 2.0 * (count(part.value) + 1))"""


def _beside_others(table: Table, dimension: Dimension) -> str:
    """Carried parts that are more than their newer whole together with the parts beside
    them, newer or carried too.
    """
    same, own = (
        "".join(
            f" and {one}.{d.name} = {other}.{d.name}"
            for d in table.dimensions
            if d.name != dimension.name
        )
        for one, other in (("part", "whole"), ("carried", "overfull"))
    )
    name = text_of(dimension.name)
    return f"""select carried.key,
        concat('its newer whole of ', {plain("overfull.value")}, ' would have parts of ',
            {plain("overfull.parts")}) as why
    from (
        select whole.*, sum(part.value) as parts
        from figures as whole
        inner join tree on tree.dimension = {name} and tree.parent = whole.{dimension.name}
        inner join figures as part on part.state = whole.state and part.year = whole.year
            and part.{dimension.name} = tree.part{same}
        where whole.is_newer
        group by all
        having sum(part.value) - whole.value > {table.rounding} / 2.0 * (count(*) + 1)
    ) as overfull
    inner join tree on tree.dimension = {name} and tree.parent = overfull.{dimension.name}
    inner join carried on carried.state = overfull.state and carried.year = overfull.year
        and carried.{dimension.name} = tree.part{own}
    where carried.key not in (select key from contradicted_alone)"""
