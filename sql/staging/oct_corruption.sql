-- Grain: one reported cell of OCT_CORRUPTION, corruption offences by type, in offences. Read by core.reported.
with

source as (
    select * from warehouse.oct_corruption
)

select
    'OCT_CORRUPTION' as cube,
    submission_id,
    state,
    year,
    [corruption] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
