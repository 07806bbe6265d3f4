-- Grain: one reported cell of MIG_REFUSED, refusals of entry by border type and reason, in persons. Read by core.reported.
with

source as (
    select * from warehouse.mig_refused
)

select
    'MIG_REFUSED' as cube,
    submission_id,
    state,
    year,
    [border, reason] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
