-- Median size of these revisions, per cent of the earlier value.
select round(median(abs(difference) / old_value * 100), 1)::decimal(9, 1)
from revisions where old_value > 0 and difference is not null
