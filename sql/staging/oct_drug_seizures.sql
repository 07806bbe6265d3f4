-- Grain: one reported cell of OCT_DRUG_SEIZURES, drug seizures, number by drug, in seizures. Read by core.reported.
with

source as (
    select * from warehouse.oct_drug_seizures
)

select
    'OCT_DRUG_SEIZURES' as cube,
    submission_id,
    state,
    year,
    [drug] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
