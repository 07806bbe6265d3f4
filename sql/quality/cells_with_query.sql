-- Cells under a query that the version may tell of, per cent of the cells of states that it shows.
select round(
    100.0 * count(*) filter (where queried) / nullif(count(*) filter (where not withheld), 0), 1
)::decimal(5, 1)
from cells where state not in ('SELEC', 'SELEC_FIX', 'SELEC_BOTH') and cube <> 'POPULATION'
