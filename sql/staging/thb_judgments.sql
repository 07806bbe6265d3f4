-- Grain: one reported cell of THB_JUDGMENTS, court decisions in trafficking cases by outcome, in decisions. Read by core.reported.
with

source as (
    select * from warehouse.thb_judgments
)

select
    'THB_JUDGMENTS' as cube,
    submission_id,
    state,
    year,
    [judgment] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
