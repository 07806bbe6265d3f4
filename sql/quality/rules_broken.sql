-- Rules of the contract that gave rise to a finding.
select count(distinct rule) from findings
