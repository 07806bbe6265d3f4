-- Grain: one reported cell of OCT_CONTAINERS, containers profiled, examined and with a seizure, in containers. Read by core.reported.
with

source as (
    select * from warehouse.oct_containers
)

select
    'OCT_CONTAINERS' as cube,
    submission_id,
    state,
    year,
    [step] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
