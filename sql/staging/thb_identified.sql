-- Grain: one reported cell of THB_IDENTIFIED, victims by kind of identification and registering organisation, in victims. Read by core.reported.
with

source as (
    select * from warehouse.thb_identified
)

select
    'THB_IDENTIFIED' as cube,
    submission_id,
    state,
    year,
    [identification, registering] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
