-- Answers with a figure for the reference year, per cent of those asked for.
select round(100.0 * count(*) filter (where answer in ('reported', 'suppressed')) / nullif(count(*), 0), 1)::decimal(5, 1)
from coverage
