-- Tables that no state answered for the reference year.
select count(*) from (
    select cube from coverage group by cube
    having count(*) filter (where answer in ('reported', 'suppressed')) = 0
)
