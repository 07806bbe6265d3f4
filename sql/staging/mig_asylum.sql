-- Grain: one reported cell of MIG_ASYLUM, asylum intentions, applications and grants, in persons. Read by core.reported.
with

source as (
    select * from warehouse.mig_asylum
)

select
    'MIG_ASYLUM' as cube,
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
