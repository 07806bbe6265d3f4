-- Cells that the version withholds.
select count(*) from cells where withheld
