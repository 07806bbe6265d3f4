-- Grain: one member state and one table of its return, for the reference year. Read by the coverage matrix of every report.
-- answer: "reported", "suppressed" (only symbols for small counts), "earlier" (only older years), "refused", "none".
with

cells as (
    select * from core.current_cells
),

cubes as (
    select * from seed.cube
    where respondent = 'states'
),

members as (
    select * from seed.member
),

refused as (
    select * from seed.refused
),

parameters as (
    select * from seed.parameters
),

counted as (
    select
        cells.cube,
        cells.state,
        count(cells.value) filter (where cells.year = parameters.round) as numbers,
        count(*) filter (where cells.year = parameters.round and cells.obs_status = 'Q') as suppressed,
        count(cells.value) as numbers_all_years,
    from cells
    inner join parameters on cells.year between parameters.first_year and parameters.round
    group by all
),

grid as (
    select
        cubes.report,
        cubes.cube,
        cubes.title,
        cubes.sort,
        members.state,
        members.sort as state_sort,
    from cubes
    inner join members on true
    inner join parameters on members.year = parameters.round
)

select
    grid.report,
    grid.cube,
    grid.title,
    grid.sort,
    grid.state,
    grid.state_sort,
    coalesce(counted.numbers, 0) as numbers,
    case
        when coalesce(counted.numbers, 0) > 0 then 'reported'
        when refused.state is not null then 'refused'
        when coalesce(counted.suppressed, 0) > 0 then 'suppressed'
        when coalesce(counted.numbers_all_years, 0) > 0 then 'earlier'
        else 'none'
    end as answer,
from grid
left join counted
    on grid.cube = counted.cube
    and grid.state = counted.state
left join refused
    on grid.report = refused.report
    and grid.state = refused.state
    and (grid.cube = refused.cube or refused.cube = '')
