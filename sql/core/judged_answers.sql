-- Grain: one answer of one state on a scale, texts left out: the place of its word. Read by core.judged_counts and
-- core.judged_agreement. Of every assessment, also of one before the window.
with

cells as (
    select * from core.state_cells
),

questions as (
    select * from seed.judged_question
),

members as (
    select * from seed.member
),

parameters as (
    select * from seed.parameters
)

select
    cells.key,
    cells.cube,
    cells.state,
    cells.year,
    cells.codes,
    cells.codes[1] as area,
    cells.codes[2] as session,
    cells.codes[3] as question,
    round(cells.value)::integer as place,
    cells.round,
    questions.size,
    questions.is_common,
from cells
inner join questions
    on cells.cube = questions.cube
    and cells.codes[3] = questions.question
inner join members
    on cells.state = members.state
    and cells.year = members.year
inner join parameters on cells.year <= parameters.round
where cells.value is not null
