-- Findings that a state is asked about.
select count(*) from findings where severity = 'query'
