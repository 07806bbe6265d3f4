-- Bad row: a regional total that differs from a plain sum over the newest reported figures, computed by another way.
-- Totals that needed a sum of parts in some state are left out: they have no reported figure to compare with. So are
-- those in which the parts stand for a whole, by the answer of a state.
with

reported as (
    select * from core.reported
),

cells as (
    select * from marts.cells
),

contributions as (
    select * from marts.contributions
),

placed as (
    select
        key,
        value,
        row_number() over (partition by key order by round desc, received desc) as place,
    from reported
),

newest as (
    select
        key,
        value,
    from placed
    where place = 1
),

totals as (
    select
        contributions.key,
        sum(newest.value) as value,
        count(newest.value) as parts,
    from contributions
    inner join newest on contributions.part_key = newest.key
    where contributions.origin = 'region'
        and contributions.part_key in (select key from cells where origin = 'reported')
    group by contributions.key
)

select
    cells.key,
    cells.value,
    totals.value as recomputed,
from cells
inner join totals
    on cells.key = totals.key
    and cells.coverage = totals.parts
where cells.value is distinct from totals.value
