-- Grain: one cell of one state: reported, derived as a complete sum, or a group of citizenships. Read by
-- core.region_cells and marts.cells.
with

reported as (
    select * from core.current_cells
),

derived as (
    select * from core.derived_totals
),

grouped as (
    select * from core.citizenship_groups
)

select
    key,
    cube,
    state,
    year,
    codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    file,
    sheet,
    address,
    round,
    'reported' as origin,
    []::varchar[] as part_keys,
from reported

union all

select
    key,
    cube,
    state,
    year,
    codes,
    value,
    '' as raw,
    'A' as obs_status,
    'F' as conf_status,
    'Sum of the reported parts' as note,
    '' as file,
    '' as sheet,
    '' as address,
    round,
    'derived' as origin,
    part_keys,
from derived

union all

select
    key,
    cube,
    state,
    year,
    codes,
    value,
    '' as raw,
    case when suppressed_parts > 0 then 'U' else 'A' end as obs_status,
    'F' as conf_status,
    case
        when suppressed_parts > 0
            then 'Sum of the citizenships given as numbers; ' || suppressed_parts || ' more suppressed by the sender'
        else ''
    end as note,
    '' as file,
    '' as sheet,
    '' as address,
    round,
    'group' as origin,
    part_keys,
from grouped
