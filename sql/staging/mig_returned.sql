-- Grain: one reported cell of MIG_RETURNED, persons returned by kind of return, in persons. Read by core.reported.
with

source as (
    select * from warehouse.mig_returned
)

select
    'MIG_RETURNED' as cube,
    submission_id,
    state,
    year,
    [kind] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
