-- Grain: one reported cell of OCT_DRUG_OFFENCES, drug offences, in offences. Read by core.reported.
with

source as (
    select * from warehouse.oct_drug_offences
)

select
    'OCT_DRUG_OFFENCES' as cube,
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
