-- Grain: one reported cell of OCT_TERROR_ARRESTS, arrests for terrorist offences, in persons. Read by core.reported.
with

source as (
    select * from warehouse.oct_terror_arrests
)

select
    'OCT_TERROR_ARRESTS' as cube,
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
