-- Grain: one cell of one submission that counts for this build. Read by core.current_cells and core.previous_cells.
-- The same cell may stand here once per round: those are its vintages.
with

cells as (
    select * from staging.every_cube
),

submissions as (
    select * from seed.current_submissions
)

select
    cells.cube || ':' || array_to_string([cells.state, cells.year::varchar] || cells.codes, '.') as key,
    cells.cube,
    cells.state,
    cells.year,
    cells.codes,
    cells.value,
    cells.raw,
    cells.obs_status,
    cells.conf_status,
    cells.note,
    submissions.file,
    cells.sheet,
    cells.address,
    submissions.round,
    submissions.received,
    cells.submission_id,
from cells
inner join submissions on cells.submission_id = submissions.submission_id
