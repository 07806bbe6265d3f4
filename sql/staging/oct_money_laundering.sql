-- Grain: one reported cell of OCT_MONEY_LAUNDERING, money laundering offences, in offences. Read by core.reported.
with

source as (
    select * from warehouse.oct_money_laundering
)

select
    'OCT_MONEY_LAUNDERING' as cube,
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
