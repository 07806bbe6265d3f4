-- Grain: one reported cell of MIG_DETECTED, detections of illegal border-crossing by place and border section, in detections. Read by core.reported.
with

source as (
    select * from warehouse.mig_detected
)

select
    'MIG_DETECTED' as cube,
    submission_id,
    state,
    year,
    [place, section] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
