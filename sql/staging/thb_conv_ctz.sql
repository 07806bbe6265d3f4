-- Grain: one reported cell of THB_CONV_CTZ, persons convicted by citizenship, in persons. Read by core.reported.
with

source as (
    select * from warehouse.thb_conv_ctz
)

select
    'THB_CONV_CTZ' as cube,
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
