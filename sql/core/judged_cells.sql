-- Grain: one cell of the region that is worked out from what experts of the states judged. Read by marts.cells.
-- Its cube is that of the answers with _SEE behind it, its last code the statistic.
with

counts as (
    select * from core.judged_counts
),

levels as (
    select * from core.judged_levels
),

agreement as (
    select * from core.judged_agreement
),

members as (
    select
        year,
        count(*) as members,
    from seed.member
    group by year
),

told as (
    select cube, year, codes, statistic, value, states, part_keys, round from counts
    union all
    select cube, year, codes, statistic, value, states, part_keys, round from levels
    union all
    select cube, year, codes, statistic, value, states, part_keys, round from agreement
)

select
    told.cube || '_SEE:' || array_to_string(['SELEC', told.year::varchar] || told.codes || [told.statistic], '.') as key,
    told.cube || '_SEE' as cube,
    'SELEC' as state,
    told.year,
    told.codes || [told.statistic] as codes,
    told.value,
    array_length(told.states) as coverage,
    members.members,
    told.states,
    told.part_keys,
    told.round,
from told
inner join members on told.year = members.year
