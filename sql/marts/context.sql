-- Grain: one figure of others, or one total over them: an area, a year and the codes of its cube. Printed as context beside
-- figures of returns, never added to them. A publisher's file is whole: what has no line in a year is none, so the totals of
-- each code that it ever has are zero there. Scores have no totals: each is what experts judge of a state. Read by marts.cells.
with

figures as (
    select * from seed.context
),

-- One row for each choice of dimensions that stand at their total, as bits.
choices as (
    select
        figures.*,
        unnest(range(0, case when scored then 1 else 1 << array_length(codes) end)) as totals,
    from figures
),

placed as (
    select
        cube,
        area,
        year,
        value,
        source,
        scored,
        totals,
        cube || ':' || array_to_string([area, year::varchar] || codes, '.') as own_key,
        list_transform(
            range(1, array_length(codes) + 1),
            lambda i: case when (totals >> (i - 1)) & 1 = 1 then '_T' else list_extract(codes, i) end
        ) as codes,
    from choices
),

years as (
    select distinct cube, area, year from figures
),

places as (
    select
        figures.*,
        unnest(range(1, array_length(codes) + 1)) as place,
    from figures
    where scored is not true
),

margins as (
    select distinct
        places.cube,
        places.area,
        years.year,
        0 as value,
        places.source,
        false as scored,
        (1 << array_length(places.codes)) - 1 - (1 << (places.place - 1)) as totals,
        null::varchar as own_key,
        list_transform(
            range(1, array_length(places.codes) + 1),
            lambda i: case when i = places.place then list_extract(places.codes, i) else '_T' end
        ) as codes,
    from places
    inner join years on places.cube = years.cube and places.area = years.area
),

all_placed as (
    select cube, area, year, value, source, scored, totals, own_key, codes from placed

    union all

    select cube, area, year, value, source, scored, totals, own_key, codes from margins
)

select
    cube || ':' || array_to_string([area, year::varchar] || codes, '.') as key,
    cube,
    area as state,
    year,
    codes,
    sum(value)::decimal(18, 3) as value,
    min(source) as source,
    case
        when max(totals) = 0 then []::varchar[]
        else coalesce(list_sort(list(own_key) filter (where own_key is not null)), []::varchar[])
    end as part_keys,
    case when scored then 'score' else 'context' end as origin,
from all_placed
group by all
