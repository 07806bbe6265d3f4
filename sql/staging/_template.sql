-- Grain: one reported cell of $cube ($title), in $unit. Read by core.reported.
with

source as (
    select * from warehouse.$table
)

select
    '$cube' as cube,
    submission_id,
    state,
    year,
    [$dimensions]::varchar[] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
