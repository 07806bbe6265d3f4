-- Grain: one reported cell of OCT_CIGARETTES, cigarettes seized, in pieces. Read by core.reported.
with

source as (
    select * from warehouse.oct_cigarettes
)

select
    'OCT_CIGARETTES' as cube,
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
