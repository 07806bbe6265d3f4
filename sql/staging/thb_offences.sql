-- Grain: one reported cell of THB_OFFENCES, offences of trafficking in persons, in offences. Read by core.reported.
with

source as (
    select * from warehouse.thb_offences
)

select
    'THB_OFFENCES' as cube,
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
