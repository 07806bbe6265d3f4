-- Grain: one reported cell of THB_VICTIMS_FORM, registered victims by form of exploitation, sex and age, in victims. Read by core.reported.
with

source as (
    select * from warehouse.thb_victims_form
)

select
    'THB_VICTIMS_FORM' as cube,
    submission_id,
    state,
    year,
    [form, sex, age] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
