-- Grain: one reported cell of SEL_ACTIVITY, activity of the Center by task force, in actions. Read by core.reported.
with

source as (
    select * from warehouse.sel_activity
)

select
    'SEL_ACTIVITY' as cube,
    submission_id,
    state,
    year,
    [activity, task_force] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
