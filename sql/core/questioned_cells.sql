-- Grain: one cell of a block in conflict. Read by core.state_cells and the checks.
-- Until the state has answered, the whole counts and its parts do not. The answer says which of them count.
-- role: "part" wherever the cell is one of any block, otherwise "whole". counts: whether it enters regional figures.
-- parts: what stands in the place of a whole of which the state said that its parts hold.
with

current as (
    select * from core.current_cells
),

derived as (
    select * from core.derived_totals
),

conflicts as (
    select * from core.conflicts
),

relations as (
    select * from core.part_of
),

cubes as (
    select * from seed.cube
),

figures as (
    select key, cube, state, year, codes from current
    union
    select key, cube, state, year, codes from derived
),

-- In the first table of a family a breakdown stands for the tables that break it down further.
parts as (
    select
        figures.key,
        'part' as role,
        conflicts.whole,
        conflicts.resolution,
        conflicts.resolution = 'parts' as counts,
    from conflicts
    inner join relations
        on conflicts.whole_cube = relations.whole_cube
        and conflicts.whole_codes = relations.whole_codes
    inner join cubes on conflicts.part_cube = cubes.cube
    inner join figures
        on relations.part_cube = figures.cube
        and relations.part_codes = figures.codes
        and conflicts.state = figures.state
        and conflicts.year = figures.year
    where (relations.part_cube = conflicts.part_cube or conflicts.part_cube = cubes.family)
        and array_length(list_filter(conflicts.dimensions, lambda one: not list_contains(relations.dimensions, one))) = 0
),

wholes as (
    select
        whole as key,
        'whole' as role,
        whole,
        resolution,
        resolution != 'neither' as counts,
    from conflicts
),

-- Of several breakdowns that a state stands by, the one of the whole's own table, then the largest.
standing as (
    select
        whole as key,
        parts,
        parts_sum,
        row_number() over (
            partition by whole order by part_cube = whole_cube desc, parts_sum desc, part_cube
        ) as place,
    from conflicts
    where resolution = 'parts'
        and parts_sum is not null
),

every_role as (
    select * from parts
    union
    select * from wholes
),

joined as (
    select
        key,
        case when bool_or(role = 'part') then 'part' else 'whole' end as role,
        bool_and(counts) as counts,
        bool_or(resolution = '') as is_open,
        list_sort(list(distinct whole)) as wholes,
    from every_role
    group by key
)

select
    joined.key,
    joined.role,
    joined.counts,
    joined.is_open,
    joined.wholes,
    standing.parts_sum as value,
    coalesce(standing.parts, []::varchar[]) as parts,
from joined
left join standing
    on joined.key = standing.key
    and standing.place = 1
