-- Grain: one whole of one state and year in the window, and one breakdown with a part above it. Read by the stores (marks,
-- footnotes, the range beside a regional total), by the figures under question and by explain.
with

conflicts as (
    select * from core.conflicts
),

cubes as (
    select * from seed.cube
),

parameters as (
    select * from seed.parameters
)

select
    cubes.report,
    conflicts.state,
    conflicts.year,
    conflicts.whole,
    conflicts.whole_cube,
    conflicts.part_cube,
    conflicts.dimensions,
    conflicts.part,
    conflicts.parts,
    conflicts.resolution,
    conflicts.reason,
from conflicts
inner join cubes on conflicts.whole_cube = cubes.cube
inner join parameters on conflicts.year between parameters.first_year and parameters.round
