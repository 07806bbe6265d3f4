-- Grain: one whole of one state and year, and one breakdown of it that cannot be true beside it: a part of it is larger.
-- Read by core.questioned_cells and marts.conflicts. This is the one place where the pipeline decides it.
-- part: the largest one. parts: the parts one step below the whole whose sum would stand in its place, where all of them
-- are numbers. resolution: what the state answered, for these very figures; empty while the question is open.
with

reported as (
    select * from core.reported
),

figures as (
    select * from core.possible_values
),

relations as (
    select * from core.part_of
),

cubes as (
    select * from seed.cube
),

resolutions as (
    select * from seed.resolution
),

related as (
    select
        wholes.state,
        wholes.year,
        wholes.key as whole,
        wholes.cube as whole_cube,
        wholes.codes as whole_codes,
        wholes.value as whole_value,
        parts.cube as part_cube,
        relations.dimensions,
        relations.is_direct,
        parts.key as part,
        parts.value as part_value,
        parts.least > wholes.most + greatest(whole_cubes.rounding, part_cubes.rounding) as is_above,
    from relations
    inner join figures as wholes
        on relations.whole_cube = wholes.cube
        and relations.whole_codes = wholes.codes
    inner join figures as parts
        on relations.part_cube = parts.cube
        and relations.part_codes = parts.codes
        and wholes.state = parts.state
        and wholes.year = parts.year
    inner join cubes as whole_cubes on wholes.cube = whole_cubes.cube
    inner join cubes as part_cubes on parts.cube = part_cubes.cube
),

placed as (
    select
        related.*,
        row_number() over (
            partition by whole, part_cube, dimensions order by is_above desc, part_value desc, part
        ) as place,
    from related
),

blocks as (
    select
        state,
        year,
        whole,
        whole_cube,
        whole_codes,
        whole_value,
        part_cube,
        dimensions,
        max(part) filter (where is_above and place = 1) as part,
        max(part_value) filter (where is_above) as part_value,
        case
            when bool_and(part_value is not null) filter (where is_direct)
                then coalesce(list_sort(list(part) filter (where is_direct)), []::varchar[])
            else []::varchar[]
        end as parts,
        coalesce(sum(part_value) filter (where is_direct), 0) as parts_sum,
    from placed
    group by all
    having bool_or(is_above)
),

-- An answer holds for the figures that the state was asked about.
answered as (
    select
        blocks.whole,
        resolutions.resolution,
        resolutions.reason,
        row_number() over (partition by blocks.whole order by resolutions.round desc, resolutions.resolution) as place,
    from blocks
    inner join resolutions on blocks.whole = resolutions.key
    left join reported as asked
        on blocks.whole = asked.key
        and resolutions.round = asked.round
    where asked.key is null or asked.value is not distinct from blocks.whole_value
)

select
    blocks.state,
    blocks.year,
    blocks.whole,
    blocks.whole_cube,
    blocks.whole_codes,
    blocks.whole_value,
    blocks.part_cube,
    blocks.dimensions,
    blocks.part,
    blocks.part_value,
    case when blocks.parts_sum > coalesce(blocks.whole_value, -1) then blocks.parts else []::varchar[] end as parts,
    case when blocks.parts_sum > coalesce(blocks.whole_value, -1) and array_length(blocks.parts) > 0 then blocks.parts_sum end as parts_sum,
    coalesce(answered.resolution, '') as resolution,
    coalesce(answered.reason, '') as reason,
from blocks
left join answered
    on blocks.whole = answered.whole
    and answered.place = 1
