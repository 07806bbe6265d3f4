-- Answers that stop before the reference year.
select count(*) from coverage where answer = 'earlier'
