-- Grain: one reported cell of MIG_DEATHS, migrants dead or missing, in persons. Read by core.reported.
with

source as (
    select * from warehouse.mig_deaths
)

select
    'MIG_DEATHS' as cube,
    submission_id,
    state,
    year,
    []::varchar[] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
