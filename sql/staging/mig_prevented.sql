-- Grain: one reported cell of MIG_PREVENTED, prevented attempts of illegal border-crossing by border section, in attempts. Read by core.reported.
with

source as (
    select * from warehouse.mig_prevented
)

select
    'MIG_PREVENTED' as cube,
    submission_id,
    state,
    year,
    [section] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
