-- Grain: one figure that a state reported and that stands, with what it is at least and at most. Read by core.conflicts
-- and core.derived_totals.
-- A count that its sender suppressed is less than five, and may be none.
with

cells as (
    select * from core.current_cells
),

parameters as (
    select * from seed.parameters
)

select
    cells.key,
    cells.cube,
    cells.state,
    cells.year,
    cells.codes,
    cells.value,
    coalesce(cells.value, 0) as least,
    coalesce(cells.value, parameters.suppressed_highest) as most,
from cells
cross join parameters
where cells.value is not null or cells.obs_status = 'Q'
