-- Grain: one reported cell of THB_VICTIMS_CTZ, registered victims by citizenship, in victims. Read by core.reported.
with

source as (
    select * from warehouse.thb_victims_ctz
)

select
    'THB_VICTIMS_CTZ' as cube,
    submission_id,
    state,
    year,
    [citizenship] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
