-- How many answers were asked for: tables of the return times states.
select count(*) from coverage
