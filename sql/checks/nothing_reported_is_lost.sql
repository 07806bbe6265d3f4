-- Bad row: a cell that a state reported in this window and that no longer stands among the cells, though no newer figure
-- contradicts it.
-- May be empty: marts.outdated
with

reported as (
    select * from core.reported
),

cells as (
    select * from marts.cells
),

outdated as (
    select * from marts.outdated
),

parameters as (
    select * from seed.parameters
)

select distinct
    reported.key,
    reported.file,
    reported.address,
from reported
inner join parameters on reported.year between parameters.first_year and parameters.round
left join cells on reported.key = cells.key
left join outdated on reported.key = outdated.key
where cells.key is null
    and outdated.key is null
