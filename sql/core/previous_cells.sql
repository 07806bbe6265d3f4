-- Grain: one cell as it was known before this round. Read by marts.revisions.
with

reported as (
    select * from core.reported
),

parameters as (
    select * from seed.parameters
),

before as (
    select
        reported.*,
        row_number() over (
            partition by reported.key order by reported.round desc, reported.received desc, reported.submission_id
        ) as place,
    from reported
    inner join parameters on reported.round < parameters.round
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
    round,
from before
where place = 1
