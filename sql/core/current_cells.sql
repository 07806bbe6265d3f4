-- Grain: one cell as reported by its state that stands in this round. Read by core.derived_totals,
-- core.citizenship_groups, core.conflicts, core.state_cells, marts.coverage and marts.revisions.
with

newest as (
    select * from core.newest_cells
),

outdated as (
    select * from core.outdated_cells
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
where key not in (select key from outdated)
