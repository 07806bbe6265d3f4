-- Grain: one cell of the region that may be printed: a sum over states, or the word that it is not added up. Read by
-- marts.cells.
with

sums as (
    select * from core.region_sums
),

overtaken as (
    select * from core.region_overtaken
)

select
    sums.key,
    sums.cube,
    sums.state,
    sums.year,
    sums.codes,
    case when overtaken.key is null then sums.value end as value,
    case when overtaken.key is null then sums.obs_status else 'L' end as obs_status,
    case when overtaken.key is null then sums.coverage end as coverage,
    sums.members,
    case when overtaken.key is null then sums.states else []::varchar[] end as states,
    case when overtaken.key is null then sums.questioned else []::varchar[] end as questioned,
    case when overtaken.key is null then sums.part_keys else []::varchar[] end as part_keys,
    case
        when overtaken.key is not null
            then 'Not added up: ' || overtaken.beside || ' counts other states (' || overtaken.states_beside || ') than these ' || overtaken.states
        else ''
    end as note,
    sums.round,
from sums
left join overtaken on sums.key = overtaken.key
