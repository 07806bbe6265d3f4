-- Grain: one reported cell of MIG_ORDERED_CTZ, persons ordered to leave by citizenship, in persons. Read by core.reported.
with

source as (
    select * from warehouse.mig_ordered_ctz
)

select
    'MIG_ORDERED_CTZ' as cube,
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
