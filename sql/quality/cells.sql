-- Cells of the version: reported, worked out, or withheld.
select count(*) from cells where cube <> 'POPULATION'
