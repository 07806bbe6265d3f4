-- Grain: one reported cell of THB_PERSONS, persons suspected, prosecuted and convicted for trafficking, by sex, in persons. Read by core.reported.
with

source as (
    select * from warehouse.thb_persons
)

select
    'THB_PERSONS' as cube,
    submission_id,
    state,
    year,
    [stage, sex] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
