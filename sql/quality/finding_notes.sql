-- Findings that need no answer.
select count(*) from findings where severity = 'note'
