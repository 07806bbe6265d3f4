-- States that answered at least one table for the reference year.
select count(distinct state) from coverage where answer in ('reported', 'suppressed')
