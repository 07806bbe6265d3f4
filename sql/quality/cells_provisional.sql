-- Cells that are provisional or estimated.
select count(*) from cells where obs_status in ('P', 'E')
