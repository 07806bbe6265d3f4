-- Grain: one reported cell of MIG_SMUGGLING, smuggling-of-migrants offences, in offences. Read by core.reported.
with

source as (
    select * from warehouse.mig_smuggling
)

select
    'MIG_SMUGGLING' as cube,
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
