-- Grain: one figure of an earlier round in the window that was dropped, because newer figures contradict it. Read by
-- explain.
with

outdated as (
    select * from core.outdated_cells
),

parameters as (
    select * from seed.parameters
)

select
    outdated.key,
    outdated.value,
    outdated.round,
    outdated.why,
    outdated.against,
from outdated
inner join parameters on outdated.year between parameters.first_year and parameters.round
