-- Grain: one crime area and one cube that has a regional total, in the order of crime areas. Read by the dashboard of
-- OCTA SEE, which prints the cube's regional total of every year.
with

cells as (
    select * from marts.cells
),

cubes as (
    select * from seed.cube
),

areas as (
    select * from seed.codelist
    where codelist = 'crime_area'
)

select distinct
    cells.crime_area,
    cells.cube,
    areas.sort * 1000 + cubes.sort as sort,
from cells
inner join cubes on cells.cube = cubes.cube
inner join areas on cells.crime_area = areas.code
where cells.state = 'SELEC'
    and cells.origin = 'region'
    and array_length(list_filter(cells.codes, lambda code: code != '_T')) = 0
