-- Figures of states that a part of them exceeds, as far as the version shows both, and the state has not answered.
select count(distinct whole) from conflicts where resolution = ''
