-- Cells of the version that show a number.
select count(*) from cells where cube <> 'POPULATION' and value is not null and not withheld
