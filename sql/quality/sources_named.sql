-- Sources that the states named.
select count(distinct source) from sources where source <> ''
