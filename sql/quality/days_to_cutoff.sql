-- Days from the end of the reference year to the newest return.
select datediff(
    'day', make_date((select value from meta where name = 'round')::integer, 12, 31),
    (select value from meta where name = 'cutoff')::date
)
