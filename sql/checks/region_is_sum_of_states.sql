-- Bad row: a regional cell that is not the sum of the state cells it names.
with

cells as (
    select * from marts.cells
),

contributions as (
    select * from marts.contributions
),

summed as (
    select
        contributions.key,
        sum(parts.value) as value,
        count(parts.value) as parts,
    from contributions
    inner join cells as parts on contributions.part_key = parts.key
    group by contributions.key
)

select
    cells.key,
    cells.value,
    summed.value as sum_of_parts,
    cells.coverage,
    summed.parts,
from cells
left join summed on cells.key = summed.key
where cells.origin in ('region', 'constant', 'both')
    and (cells.value is distinct from summed.value or cells.coverage is distinct from summed.parts)
