-- Grain: one cell of the region that is not added up, because it and its part, or its whole, count other states and the
-- part would be larger. Read by core.region_cells.
-- Of the two the one over fewer states goes; over equally many, the part.
with

sums as (
    select * from core.region_sums
),

relations as (
    select * from core.part_of
),

cubes as (
    select * from seed.cube
),

pairs as (
    select
        wholes.key as whole,
        wholes.coverage as whole_states,
        parts.key as part,
        parts.coverage as part_states,
    from relations
    inner join sums as wholes
        on relations.whole_cube = wholes.cube
        and relations.whole_codes = wholes.codes
    inner join sums as parts
        on relations.part_cube = parts.cube
        and relations.part_codes = parts.codes
        and wholes.state = parts.state
        and wholes.year = parts.year
    inner join cubes as whole_cubes on wholes.cube = whole_cubes.cube
    inner join cubes as part_cubes on parts.cube = part_cubes.cube
    where parts.value > wholes.value + greatest(whole_cubes.rounding, part_cubes.rounding) * parts.coverage
),

fewer as (
    select
        whole as key,
        part as beside,
        whole_states as states,
        part_states as states_beside,
    from pairs
    where part_states > whole_states

    union all

    select
        part as key,
        whole as beside,
        part_states as states,
        whole_states as states_beside,
    from pairs
    where part_states <= whole_states
),

placed as (
    select
        *,
        row_number() over (partition by key order by beside) as place,
    from fewer
)

select
    key,
    min(beside) as beside,
    min(states) as states,
    max(states_beside) filter (where place = 1) as states_beside,
from placed
group by key
