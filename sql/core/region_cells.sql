-- Grain: one cell of the region. Read by marts.cells.
-- SELEC is the sum over the states that reported a number in that year, with their count (coverage). SELEC_FIX is the
-- sum over the states that reported in every year of the window: its composition never changes, so its changes are real.
with

cells as (
    select * from core.state_cells
),

parameters as (
    select * from seed.parameters
),

members as (
    select * from seed.member
),

cubes as (
    select * from seed.cube
),

counted as (
    select
        cells.*,
        count(*) over (partition by cells.cube, cells.state, cells.codes) as years_reported,
    from cells
    inner join members
        on cells.state = members.state
        and cells.year = members.year
    inner join cubes
        on cells.cube = cubes.cube
        and cubes.respondent = 'states'
    inner join parameters on cells.year between parameters.first_year and parameters.round
    where cells.value is not null
),

as_reported as (
    select 'SELEC' as state, * exclude (state), state as contributor
    from counted
),

constant as (
    select 'SELEC_FIX' as state, counted.* exclude (state), counted.state as contributor
    from counted
    inner join parameters on counted.years_reported = parameters.round - parameters.first_year + 1
),

contributions as (
    select * from as_reported
    union all by name
    select * from constant
),

member_count as (
    select year, count(*) as members
    from members
    group by year
)

select
    contributions.cube || ':' || array_to_string([contributions.state, contributions.year::varchar] || contributions.codes, '.') as key,
    contributions.cube,
    contributions.state,
    contributions.year,
    contributions.codes,
    sum(contributions.value) as value,
    case
        when bool_or(contributions.obs_status = 'B') then 'B'
        when bool_or(contributions.obs_status in ('E', 'U', 'P', 'D')) then 'U'
        else 'A'
    end as obs_status,
    count(*) as coverage,
    any_value(member_count.members) as members,
    list(contributions.contributor order by contributions.contributor) as states,
    list(contributions.key order by contributions.contributor) as part_keys,
    max(contributions.round) as round,
from contributions
inner join member_count on contributions.year = member_count.year
group by contributions.cube, contributions.state, contributions.year, contributions.codes
