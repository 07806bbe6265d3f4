-- Grain: one reported cell of OCT_GOODS_SEIZURES, seizures of smuggled tobacco and other goods, in seizures. Read by core.reported.
with

source as (
    select * from warehouse.oct_goods_seizures
)

select
    'OCT_GOODS_SEIZURES' as cube,
    submission_id,
    state,
    year,
    [goods] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
