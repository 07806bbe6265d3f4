-- Grain: one figure of others, or one total over them: an area, a year and the codes of its cube. Printed as context beside
-- figures of returns, never added to them. Read by marts.cells.
with

figures as (
    select * from seed.context
),

-- One row for each choice of dimensions that stand at their total, as bits.
choices as (
    select
        figures.*,
        unnest(range((1 << len(codes))::bigint)) as totals,
    from figures
),

placed as (
    select
        cube,
        area,
        year,
        value,
        source,
        totals,
        cube || ':' || array_to_string([area, year::varchar] || codes, '.') as own_key,
        list_transform(
            range(1, len(codes) + 1), lambda i: case when (totals >> (i - 1)) & 1 = 1 then '_T' else codes[i] end
        ) as codes,
    from choices
)

select
    cube || ':' || array_to_string([area, year::varchar] || codes, '.') as key,
    cube,
    area as state,
    year,
    codes,
    sum(value)::decimal(18, 3) as value,
    min(source) as source,
    case when max(totals) = 0 then []::varchar[] else list(own_key order by own_key) end as part_keys,
from placed
group by all
