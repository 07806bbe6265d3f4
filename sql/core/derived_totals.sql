-- Grain: one total that a state did not report although it reported every part of it. Read by core.state_cells.
-- Where one part is missing nothing is derived: missing is never zero.
with

cells as (
    select * from core.current_cells
),

cube_codes as (
    select * from seed.cube_code
),

parts as (
    select
        cells.cube,
        cells.state,
        cells.year,
        cube_codes.position,
        cube_codes.parent,
        list_concat(
            list_slice(cells.codes, 1, cube_codes.position - 1),
            list_concat([cube_codes.parent], list_slice(cells.codes, cube_codes.position + 1, len(cells.codes)))
        ) as codes,
        cells.value,
        cells.round,
        cells.key,
    from cells
    inner join cube_codes
        on cells.cube = cube_codes.cube
        and cells.codes[cube_codes.position] = cube_codes.code
    where cube_codes.parent != ''
        and not cube_codes.open_list
),

expected as (
    select
        cube,
        position,
        parent,
        count(*) as parts,
    from cube_codes
    where parent != ''
    group by all
),

complete as (
    select
        parts.cube,
        parts.state,
        parts.year,
        parts.codes,
        sum(parts.value) as value,
        max(parts.round) as round,
        list(parts.key order by parts.key) as part_keys,
    from parts
    inner join expected
        on parts.cube = expected.cube
        and parts.position = expected.position
        and parts.parent = expected.parent
    group by parts.cube, parts.state, parts.year, parts.position, parts.codes, expected.parts
    having count(parts.value) = expected.parts
),

keyed as (
    select
        cube || ':' || array_to_string([state, year::varchar] || codes, '.') as key,
        *,
    from complete
    qualify row_number() over (partition by cube, state, year, codes order by part_keys) = 1
)

select
    key,
    cube,
    state,
    year,
    codes,
    value,
    round,
    part_keys,
from keyed
where key not in (select key from cells)
