-- Grain: one cell as reported by its state, newest vintage. Read by core.complete_parts, core.outdated_cells,
-- core.current_cells and marts.revisions.
-- A blank cell is no statement: what an earlier round reported stays until a state restates or withdraws it (":"), or
-- until the newer figures beside it contradict it (core.outdated_cells).
with

reported as (
    select * from core.reported
),

newest as (
    select
        *,
        row_number() over (partition by key order by round desc, received desc, submission_id) as place,
    from reported
)

select
    key,
    cube,
    state,
    year,
    codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    file,
    sheet,
    address,
    round,
from newest
where place = 1
