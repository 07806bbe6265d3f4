-- Grain: one cell and one dimension in which it is a part, one step below a total. Read by core.complete_parts and
-- core.outdated_cells.
-- codes: those of the total. Open lists are left out: nobody knows all of their parts.
with

cells as (
    select * from core.newest_cells
),

cube_codes as (
    select * from seed.cube_code
)

select
    cells.key,
    cells.cube,
    cells.state,
    cells.year,
    cube_codes.position,
    cube_codes.code,
    cube_codes.parent,
    list_transform(
        range(1, array_length(cells.codes) + 1),
        lambda i: case when i = cube_codes.position then cube_codes.parent else list_extract(cells.codes, i) end
    ) as codes,
    cells.value,
    cells.obs_status,
    cells.round,
from cells
inner join cube_codes
    on cells.cube = cube_codes.cube
    and list_extract(cells.codes, cube_codes.position) = cube_codes.code
where cube_codes.parent != ''
    and not cube_codes.open_list
