-- Withheld cells, per cent of all cells.
select round(100.0 * count(*) filter (where withheld) / count(*), 1)::decimal(5, 1)
from cells where cube <> 'POPULATION'
