-- Grain: one reported cell of THB_ASSETS, assets seized or confiscated in trafficking cases, in EUR. Read by core.reported.
with

source as (
    select * from warehouse.thb_assets
)

select
    'THB_ASSETS' as cube,
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
