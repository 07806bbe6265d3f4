-- Grain: one reported cell of THB_REPATRIATED, victims by country of repatriation, in victims. Read by core.reported.
with

source as (
    select * from warehouse.thb_repatriated
)

select
    'THB_REPATRIATED' as cube,
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
