-- Bad row: a figure that does not count, because it stands in a block in conflict, and that a regional sum adds.
with

cells as (
    select * from marts.cells
),

contributions as (
    select * from marts.contributions
)

select
    contributions.key,
    contributions.part_key,
    parts.value,
from contributions
inner join cells as parts on contributions.part_key = parts.key
where contributions.origin in ('region', 'constant', 'both')
    and not parts.counts
