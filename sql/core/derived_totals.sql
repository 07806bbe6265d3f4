-- Grain: one total that a state left blank although it reported every part that can exist. Read by core.questioned_cells
-- and core.state_cells.
-- Where one part is missing nothing is derived: missing is never zero. A blank line for "unknown" is no missing part.
-- Nor is a sum derived that a figure of the state contradicts: the same count in another table, a larger part, a smaller
-- whole.
with

sums as (
    select * from core.complete_parts
),

cells as (
    select * from core.current_cells
),

outdated as (
    select * from core.outdated_cells
),

relations as (
    select * from core.part_of
),

cubes as (
    select * from seed.cube
),

figures as (
    select * from core.possible_values
),

blank as (
    select sums.*
    from sums
    left join cells on sums.key = cells.key
    where sums.suppressed = 0
        and (cells.key is null or cells.obs_status in ('O', 'L'))
),

parts as (
    select
        key,
        position,
        unnest(part_keys) as part_key,
    from blank
),

fallen as (
    select distinct
        parts.key,
        parts.position,
    from parts
    inner join outdated on parts.part_key = outdated.key
),

above_a_whole as (
    select distinct
        blank.key,
        blank.position,
    from blank
    inner join relations
        on blank.cube = relations.part_cube
        and blank.codes = relations.part_codes
    inner join figures
        on relations.whole_cube = figures.cube
        and relations.whole_codes = figures.codes
        and blank.state = figures.state
        and blank.year = figures.year
    inner join cubes on blank.cube = cubes.cube
    where blank.value > figures.most + cubes.rounding
        or (array_length(relations.dimensions) = 0 and blank.value < figures.least - cubes.rounding)
),

below_a_part as (
    select distinct
        blank.key,
        blank.position,
    from blank
    inner join relations
        on blank.cube = relations.whole_cube
        and blank.codes = relations.whole_codes
    inner join figures
        on relations.part_cube = figures.cube
        and relations.part_codes = figures.codes
        and blank.state = figures.state
        and blank.year = figures.year
    inner join cubes on blank.cube = cubes.cube
    where figures.least > blank.value + cubes.rounding
),

refused as (
    select * from fallen
    union
    select * from above_a_whole
    union
    select * from below_a_part
),

standing as (
    select
        blank.*,
        row_number() over (partition by blank.key order by blank.position) as place,
    from blank
    left join refused using (key, position)
    where refused.key is null
)

select
    key,
    cube,
    state,
    year,
    codes,
    value,
    newest_round as round,
    part_keys,
from standing
where place = 1
