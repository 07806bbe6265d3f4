-- Grain: one reported cell of MIG_STAY, persons found illegally present by reason and place of apprehension, in persons. Read by core.reported.
with

source as (
    select * from warehouse.mig_stay
)

select
    'MIG_STAY' as cube,
    submission_id,
    state,
    year,
    [reason, place] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
