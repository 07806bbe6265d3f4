-- Grain: one reported cell of MIG_STAY_CTZ, persons found illegally present by citizenship, in persons. Read by core.reported.
with

source as (
    select * from warehouse.mig_stay_ctz
)

select
    'MIG_STAY_CTZ' as cube,
    submission_id,
    state,
    year,
    [citizenship] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
