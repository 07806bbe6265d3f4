-- Cells with a break in the series.
select count(*) from cells where obs_status = 'B'
