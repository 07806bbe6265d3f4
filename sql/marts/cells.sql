-- Grain: one cell of any cube: state by state, the region, what experts judged of it, population, and context. Every printed number is a row of this table
-- or a formula over rows of it. Read by the stores, by explain and by disclosure control.
with

state_cells as (
    select * from core.state_cells
),

region_cells as (
    select * from core.region_cells
),

met as (
    select * from core.meeting_levels
),

judged as (
    select * from core.judged_cells
),

population as (
    select * from marts.population
),

context as (
    select * from marts.context
),

cubes as (
    select * from seed.cube
),

questions as (
    select distinct cube
    from seed.judged_question
),

parameters as (
    select * from seed.parameters
),

every_cell as (
    select
        key, cube, state, year, codes, value, raw, obs_status, conf_status, note, file, sheet, address, round, origin,
        null::bigint as coverage, null::bigint as members, []::varchar[] as states, part_keys, question, counts,
        []::varchar[] as questioned,
    from state_cells

    union all

    select
        key, cube, state, year, codes, value, '' as raw, obs_status, 'F' as conf_status, note, '' as file,
        '' as sheet, '' as address, round,
        case state when 'SELEC' then 'region' when 'SELEC_FIX' then 'constant' else 'both' end as origin,
        coverage, members, states, part_keys, case when array_length(questioned) > 0 then 'whole' else '' end as question,
        true as counts, questioned,
    from region_cells

    union all

    select
        key, cube, state, year, codes, value, '' as raw, 'A' as obs_status, 'F' as conf_status, '' as note, '' as file,
        '' as sheet, '' as address, round, 'judged' as origin, coverage, members, states, part_keys, '' as question,
        true as counts, []::varchar[] as questioned,
    from judged

    union all

    select
        key, cube, state, year, codes, value, raw, 'A' as obs_status, 'F' as conf_status, '' as note, file,
        '' as sheet, 'line ' || line as address, round, 'meeting' as origin, coverage, members, states,
        []::varchar[] as part_keys, '' as question, true as counts, []::varchar[] as questioned,
    from met

    union all

    select
        key, 'POPULATION' as cube, state, year, []::varchar[] as codes, value, '' as raw, 'A' as obs_status,
        'F' as conf_status, '' as note, '' as file, '' as sheet, '' as address, null::integer as round,
        'reference' as origin, null::bigint as coverage, null::bigint as members, states, part_keys, '' as question,
        true as counts, []::varchar[] as questioned,
    from population

    union all

    select
        key, cube, state, year, codes, value, '' as raw, 'A' as obs_status, 'F' as conf_status, source as note, '' as file,
        '' as sheet, '' as address, null::integer as round, origin, null::bigint as coverage,
        null::bigint as members, []::varchar[] as states, part_keys, '' as question, true as counts,
        []::varchar[] as questioned,
    from context
)

select
    every_cell.key,
    every_cell.cube,
    every_cell.state,
    every_cell.year,
    every_cell.codes,
    every_cell.value,
    cubes.unit,
    every_cell.obs_status,
    every_cell.conf_status,
    every_cell.coverage,
    every_cell.members,
    every_cell.states,
    every_cell.note,
    every_cell.round,
    every_cell.origin,
    every_cell.part_keys,
    every_cell.question,
    every_cell.questioned,
    every_cell.counts,
    every_cell.raw,
    every_cell.file,
    every_cell.sheet,
    every_cell.address,
    cubes.crime_area,
    cubes.report,
from every_cell
inner join cubes on every_cell.cube = cubes.cube
-- The year of a score is that of an edition, and every edition that was taken in may be shown. Every assessment is held too:
-- the last one may lie before the window, and what changed since is told.
inner join parameters
    on every_cell.origin = 'score'
    or every_cell.year between parameters.first_year and parameters.round
    or (
        every_cell.year <= parameters.round
        and (every_cell.origin in ('judged', 'meeting') or every_cell.cube in (select cube from questions))
    )
