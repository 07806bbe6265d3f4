-- Grain: one reported cell of OCT_OCG, participation in an organised criminal group, in offences. Read by core.reported.
with

source as (
    select * from warehouse.oct_ocg
)

select
    'OCT_OCG' as cube,
    submission_id,
    state,
    year,
    []::varchar[] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
