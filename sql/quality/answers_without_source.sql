-- Answered tables of which the state named no source.
select count(*) from coverage c
left join sources s on s.cube = c.cube and s.state = c.state and s.source <> ''
where c.answer in ('reported', 'suppressed') and s.source is null
