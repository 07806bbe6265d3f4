-- Grain: one reported cell of THB_VICTIMS, registered victims of trafficking by sex and age, in victims. Read by core.reported.
with

source as (
    select * from warehouse.thb_victims
)

select
    'THB_VICTIMS' as cube,
    submission_id,
    state,
    year,
    [sex, age] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
