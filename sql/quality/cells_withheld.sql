-- Cells that the Center withholds from the version, those that their sender had suppressed apart.
select greatest(count(*) filter (where withheld) - (select value::bigint from meta where name = 'withheld_suppressed'), 0)
from cells
