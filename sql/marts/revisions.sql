-- Grain: one cell whose figure this round differs from the figure of the round before. Read by the revisions annex.
with

now as (
    select * from core.current_cells
),

before as (
    select * from core.previous_cells
),

parameters as (
    select * from seed.parameters
),

cubes as (
    select * from seed.cube
)

select
    cubes.report,
    now.key,
    now.cube,
    now.state,
    now.year,
    now.codes,
    before.value as old_value,
    before.raw as old_raw,
    before.round as old_round,
    now.value as new_value,
    now.raw as new_raw,
    now.round as new_round,
    now.value - before.value as difference,
    cubes.unit,
from now
inner join before on now.key = before.key
inner join parameters on now.round = parameters.round
inner join cubes on now.cube = cubes.cube
where now.value is distinct from before.value
    or now.obs_status != before.obs_status
