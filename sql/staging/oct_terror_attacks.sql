-- Grain: one reported cell of OCT_TERROR_ATTACKS, terrorist attacks by outcome, in attacks. Read by core.reported.
with

source as (
    select * from warehouse.oct_terror_attacks
)

select
    'OCT_TERROR_ATTACKS' as cube,
    submission_id,
    state,
    year,
    [outcome] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
