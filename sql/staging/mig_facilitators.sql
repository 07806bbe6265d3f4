-- Grain: one reported cell of MIG_FACILITATORS, facilitators of illegal migration by stage and sex, in persons. Read by core.reported.
with

source as (
    select * from warehouse.mig_facilitators
)

select
    'MIG_FACILITATORS' as cube,
    submission_id,
    state,
    year,
    [stage, sex] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
