-- Grain: one reported cell of OCT_VEHICLE_THEFT, theft of motorized land vehicles, in offences. Read by core.reported.
with

source as (
    select * from warehouse.oct_vehicle_theft
)

select
    'OCT_VEHICLE_THEFT' as cube,
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
