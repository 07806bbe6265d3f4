-- Cells that their sender suppressed, per cent of all cells.
select round(100.0 * (select value::bigint from meta where name = 'sent_suppressed') / nullif(count(*), 0), 1)::decimal(5, 1)
from cells where cube <> 'POPULATION'
