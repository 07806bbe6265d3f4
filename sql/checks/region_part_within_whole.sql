-- Bad row: a regional part that is larger than its regional whole, with the states that each of them counts.
-- May be empty: core.part_of
with

cells as (
    select * from marts.cells
    where origin in ('region', 'constant', 'both')
        and value is not null
),

relations as (
    select * from core.part_of
),

cubes as (
    select * from seed.cube
)

select
    parts.key as part,
    parts.value as part_value,
    parts.states as part_states,
    wholes.key as whole,
    wholes.value as whole_value,
    wholes.states as whole_states,
from relations
inner join cells as wholes
    on relations.whole_cube = wholes.cube
    and relations.whole_codes = wholes.codes
inner join cells as parts
    on relations.part_cube = parts.cube
    and relations.part_codes = parts.codes
    and wholes.state = parts.state
    and wholes.year = parts.year
inner join cubes as whole_cubes on wholes.cube = whole_cubes.cube
inner join cubes as part_cubes on parts.cube = part_cubes.cube
where parts.value > wholes.value + greatest(whole_cubes.rounding, part_cubes.rounding) * parts.coverage
