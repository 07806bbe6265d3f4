-- Findings that keep a table out.
select count(*) from findings where severity = 'error'
