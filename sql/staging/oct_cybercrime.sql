-- Grain: one reported cell of OCT_CYBERCRIME, acts against computer systems by type, in offences. Read by core.reported.
with

source as (
    select * from warehouse.oct_cybercrime
)

select
    'OCT_CYBERCRIME' as cube,
    submission_id,
    state,
    year,
    [act] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
