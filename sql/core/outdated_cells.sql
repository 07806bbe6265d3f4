-- Grain: one cell carried from an earlier round that newer figures of its block contradict. Read by core.current_cells,
-- marts.outdated and explain.
-- The newer figures say otherwise where all parts of a carried total add up to another sum, where one of them is above
-- it, or where a carried part is above its newer whole, alone or with the parts beside it. A part that its sender
-- suppressed may be anything up to the highest small count.
with

cells as (
    select * from core.newest_cells
    where value is not null
),

sums as (
    select * from core.complete_parts
),

relations as (
    select * from core.part_of
),

cubes as (
    select * from seed.cube
),

parts_of_totals as (
    select * from core.parts_of_totals
    where value is not null
),

parameters as (
    select * from seed.parameters
),

by_sum as (
    select
        cells.key,
        'its newer parts add up to ' || round(sums.value)::bigint
        || case when sums.suppressed > 0 then ' and ' || sums.suppressed || ' suppressed' else '' end as why,
        sums.part_keys as against,
    from cells
    inner join sums on cells.key = sums.key
    inner join cubes on cells.cube = cubes.cube
    cross join parameters
    where sums.oldest_round > cells.round
        and (
            sums.value - cells.value > cubes.rounding / 2.0 * (array_length(sums.part_keys) + 1)
            or cells.value - sums.value - sums.suppressed * parameters.suppressed_highest
            > cubes.rounding / 2.0 * (array_length(sums.part_keys) + 1)
        )
),

pairs as (
    select
        wholes.key as whole,
        wholes.value as whole_value,
        wholes.round as whole_round,
        parts.key as part,
        parts.value as part_value,
        parts.round as part_round,
        row_number() over (
            partition by wholes.key, parts.round > wholes.round order by parts.value desc, parts.key
        ) as place_of_part,
        row_number() over (
            partition by parts.key, parts.round > wholes.round order by wholes.value, wholes.key
        ) as place_of_whole,
    from relations
    inner join cells as wholes
        on relations.whole_cube = wholes.cube
        and relations.whole_codes = wholes.codes
    inner join cells as parts
        on relations.part_cube = parts.cube
        and relations.part_codes = parts.codes
        and wholes.state = parts.state
        and wholes.year = parts.year
    inner join cubes on wholes.cube = cubes.cube
    where wholes.round != parts.round
        and parts.value > wholes.value + cubes.rounding
),

by_part as (
    select
        whole as key,
        'the newer figure of ' || part || ' is ' || round(part_value)::bigint as why,
        [part] as against,
    from pairs
    where part_round > whole_round
        and place_of_part = 1
),

by_whole as (
    select
        part as key,
        'the newer figure of ' || whole || ' is ' || round(whole_value)::bigint as why,
        [whole] as against,
    from pairs
    where whole_round > part_round
        and place_of_whole = 1
),

fallen as (
    select key from by_sum
    union
    select key from by_part
    union
    select key from by_whole
),

-- The parts of a total along one dimension, as far as they are numbers that still stand.
sides as (
    select parts_of_totals.*
    from parts_of_totals
    left join fallen on parts_of_totals.key = fallen.key
    where fallen.key is null
),

overfull as (
    select
        wholes.key as whole,
        wholes.value as whole_value,
        wholes.round as whole_round,
        sides.position,
        sum(sides.value) as value,
        list_sort(list(sides.key)) as part_keys,
    from sides
    inner join cells as wholes
        on sides.cube = wholes.cube
        and sides.state = wholes.state
        and sides.year = wholes.year
        and sides.codes = wholes.codes
    inner join cubes on sides.cube = cubes.cube
    group by all
    having sum(sides.value) - wholes.value > max(cubes.rounding) / 2.0 * (count(*) + 1)
),

by_sides as (
    select
        sides.key,
        'its newer whole of ' || round(overfull.whole_value)::bigint || ' would have parts of ' || round(overfull.value)::bigint as why,
        [overfull.whole] as against,
    from overfull
    inner join sides
        on overfull.position = sides.position
        and list_contains(overfull.part_keys, sides.key)
    where overfull.whole_round > sides.round
),

contradicted as (
    select *, 1 as place from by_sum
    union all
    select *, 2 as place from by_part
    union all
    select *, 3 as place from by_whole
    union all
    select *, 4 as place from by_sides
),

first_reason as (
    select
        *,
        row_number() over (partition by key order by place, why) as rank,
    from contradicted
)

select
    cells.key,
    cells.cube,
    cells.state,
    cells.year,
    cells.codes,
    cells.value,
    cells.round,
    first_reason.why,
    first_reason.against,
from first_reason
inner join cells on first_reason.key = cells.key
where first_reason.rank = 1
