-- Grain: one reported cell of OCT_FIREARMS, firearms seized by type, in firearms. Read by core.reported.
with

source as (
    select * from warehouse.oct_firearms
)

select
    'OCT_FIREARMS' as cube,
    submission_id,
    state,
    year,
    [firearm] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
