-- How many of them came with a figure for the reference year, or with a count that the sender suppressed.
select count(*) from coverage where answer in ('reported', 'suppressed')
