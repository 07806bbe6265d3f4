-- Cells that the Center withholds, those that their sender had suppressed apart, per cent of all cells.
select round(
    100.0 * greatest(
        count(*) filter (where withheld) - (select value::bigint from meta where name = 'withheld_suppressed'), 0
    ) / nullif(count(*), 0), 1
)::decimal(5, 1)
from cells where cube <> 'POPULATION'
