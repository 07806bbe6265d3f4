-- Grain: one cell of the region, as a plain sum over states. Read by core.region_cells and core.region_overtaken.
-- SELEC is the sum over the states that reported a number in that year, with their count (coverage). SELEC_FIX is the
-- sum over the states that reported in every year of the window: its composition never changes, so its changes are real.
-- SELEC_BOTH is the sum over the states that reported both in the reference year and in the year before, without a break
-- between them; it is there where the two years of SELEC count different states or cross a break.
-- Parts in question are in none of them. A figure that stands for several ones of its source is the least that there
-- was: it is in the plain sum, and in none that is compared with another year. What experts judge is never added up.
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

figures as (
    select
        cells.*,
        parameters.round as reference_year,
        parameters.round - parameters.first_year + 1 as window_years,
        coalesce(cubes.several != '' and cells.obs_status = cubes.several, false) as is_least,
    from cells
    inner join members
        on cells.state = members.state
        and cells.year = members.year
    inner join cubes
        on cells.cube = cubes.cube
        and cubes.respondent = 'states'
        and cubes.is_judged is not true
    inner join parameters on cells.year between parameters.first_year and parameters.round
    where cells.value is not null
        and cells.counts
),

counted as (
    select
        *,
        count(*) filter (where not is_least) over same_figure as years_reported,
        count(*) filter (where year >= reference_year - 1 and not is_least) over same_figure as last_years,
        bool_or(obs_status = 'B' and year = reference_year) over same_figure as breaks,
    from figures
    window same_figure as (partition by cube, state, codes)
),

as_reported as (
    select 'SELEC' as region, *
    from counted
),

constant as (
    select 'SELEC_FIX' as region, *
    from counted
    where years_reported = window_years
),

-- Where SELEC itself counts the same states in both years it is like with like already.
unlike as (
    select
        cube,
        codes,
    from counted
    where year >= reference_year - 1
    group by all
    having bool_or(last_years < 2 or breaks)
),

both_years as (
    select 'SELEC_BOTH' as region, counted.*
    from counted
    semi join unlike on counted.cube = unlike.cube and counted.codes = unlike.codes
    where counted.year >= counted.reference_year - 1
        and counted.last_years = 2
        and not counted.breaks
),

contributions as (
    select * from as_reported
    union all
    select * from constant
    union all
    select * from both_years
),

member_count as (
    select
        year,
        count(*) as members,
    from members
    group by year
)

select
    contributions.cube || ':' || array_to_string([contributions.region, contributions.year::varchar] || contributions.codes, '.') as key,
    contributions.cube,
    contributions.region as state,
    contributions.year,
    contributions.codes,
    sum(contributions.value) as value,
    case
        when bool_or(contributions.obs_status = 'B') then 'B'
        when bool_or(contributions.obs_status in ('E', 'U', 'P', 'D')) then 'U'
        else 'A'
    end as obs_status,
    count(*) as coverage,
    max(member_count.members) as members,
    list_sort(list(contributions.state)) as states,
    coalesce(list_sort(list(contributions.state) filter (where contributions.question = 'whole')), []::varchar[]) as questioned,
    list_sort(list(contributions.key)) as part_keys,
    max(contributions.round) as round,
from contributions
inner join member_count on contributions.year = member_count.year
group by contributions.cube, contributions.region, contributions.year, contributions.codes
