-- Grain: one reported cell of OCT_DRUG_KG, drug seizures, quantity by drug, in kg. Read by core.reported.
with

source as (
    select * from warehouse.oct_drug_kg
)

select
    'OCT_DRUG_KG' as cube,
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
