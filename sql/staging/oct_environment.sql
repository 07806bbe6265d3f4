-- Grain: one reported cell of OCT_ENVIRONMENT, environmental offences by type, in offences. Read by core.reported.
with

source as (
    select * from warehouse.oct_environment
)

select
    'OCT_ENVIRONMENT' as cube,
    submission_id,
    state,
    year,
    [offence] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
