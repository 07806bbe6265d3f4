-- Grain: one crime area, cube, year: the regional total of every cube that has one. Read by the OCTA dashboard.
with

cells as (
    select * from marts.cells
),

cubes as (
    select * from seed.cube
)

select
    cells.crime_area,
    cells.cube,
    cubes.title,
    cells.year,
    cells.key,
    cells.value,
    cells.unit,
    cells.coverage,
    cells.members,
from cells
inner join cubes on cells.cube = cubes.cube
where cells.state = 'SELEC'
    and list_count(list_filter(cells.codes, lambda code: code != '_T')) = 0
    and cells.cube != 'POPULATION'
