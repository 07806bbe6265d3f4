-- Grain: one cell and one of the cells that add up to it. Read by explain.
with

cells as (
    select * from marts.cells
)

select
    key,
    unnest(part_keys) as part_key,
    origin,
from cells
where array_length(part_keys) > 0
