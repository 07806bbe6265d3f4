-- Regional cells to which every member state contributes, per cent of those with a number.
select round(100.0 * count(*) filter (where coverage = members) / nullif(count(*), 0), 1)::decimal(5, 1)
from cells where state = 'SELEC' and cube <> 'POPULATION' and value is not null and not withheld
