-- States with such a revision.
select count(distinct state) from revisions
