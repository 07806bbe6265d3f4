-- Withheld cells, per cent of all cells.
select round(100.0 * count(*) filter (where withheld) / nullif(count(*), 0), 1)::decimal(5, 1)
from cells where cube <> 'POPULATION'
