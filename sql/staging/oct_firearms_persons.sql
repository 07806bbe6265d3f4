-- Grain: one reported cell of OCT_FIREARMS_PERSONS, persons suspected, prosecuted and convicted for illicit trafficking in weapons, in persons. Read by core.reported.
with

source as (
    select * from warehouse.oct_firearms_persons
)

select
    'OCT_FIREARMS_PERSONS' as cube,
    submission_id,
    state,
    year,
    [stage] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
