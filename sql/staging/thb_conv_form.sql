-- Grain: one reported cell of THB_CONV_FORM, persons convicted by form of exploitation, in persons. Read by core.reported.
with

source as (
    select * from warehouse.thb_conv_form
)

select
    'THB_CONV_FORM' as cube,
    submission_id,
    state,
    year,
    [form] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
