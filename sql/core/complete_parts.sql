-- Grain: one total of one state and year, and one dimension in which every part of it that can exist is reported. Read by
-- core.derived_totals and core.outdated_cells.
-- "Unknown" is added where it is reported, and need not be there. What is not applicable or less than half of the unit
-- adds nothing. A part suppressed by its sender leaves the sum open: suppressed says how many there are.
with

cube_codes as (
    select * from seed.cube_code
),

parts as (
    select * from core.parts_of_totals
),

asked as (
    select distinct
        parts.state,
        parts.year,
        parts.cube,
        parts.position,
        parts.parent,
    from parts
),

-- How many parts a total has in the form of a state and year.
expected as (
    select
        asked.state,
        asked.year,
        asked.cube,
        asked.position,
        asked.parent,
        count(*) as parts,
    from asked
    inner join cube_codes
        on asked.cube = cube_codes.cube
        and asked.position = cube_codes.position
        and asked.parent = cube_codes.parent
    where cube_codes.code != '_U'
        and asked.year between cube_codes.valid_from and cube_codes.valid_to
        and (array_length(cube_codes.states) = 0 or list_contains(cube_codes.states, asked.state))
    group by all
),

summed as (
    select
        cube,
        state,
        year,
        position,
        parent,
        codes,
        sum(value) as value,
        count(value) as numbers,
        count(*) filter (where code != '_U' and (value is not null or obs_status in ('M', 'N', 'Q'))) as answered,
        (count(*) filter (where obs_status = 'Q'))::integer as suppressed,
        min(round) filter (where value is not null) as oldest_round,
        max(round) filter (where value is not null) as newest_round,
        coalesce(list_sort(list(key) filter (where value is not null)), []::varchar[]) as part_keys,
    from parts
    group by all
)

select
    summed.cube || ':' || array_to_string([summed.state, summed.year::varchar] || summed.codes, '.') as key,
    summed.cube,
    summed.state,
    summed.year,
    summed.position,
    summed.codes,
    summed.value,
    summed.oldest_round,
    summed.newest_round,
    summed.part_keys,
    summed.suppressed,
from summed
inner join expected using (state, year, cube, position, parent)
where summed.answered >= expected.parts
    and summed.numbers > 0
