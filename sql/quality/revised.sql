-- Figures that states restated since the previous round with another value.
select count(*) from revisions
