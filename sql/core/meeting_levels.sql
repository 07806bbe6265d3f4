-- Grain: the level of threat of one crime area as the last meeting of experts that judged it did. Read by marts.cells.
-- A judgement of people, recorded with its reason and who agreed; nothing is worked out. What the scores suggest stands in
-- core.judged_levels.
with

meetings as (
    select * from seed.judged_meeting
),

members as (
    select
        year,
        count(*) as members,
    from seed.member
    group by year
),

last_words as (
    select
        *,
        row_number() over (partition by cube, year, area order by meeting desc) as place,
    from meetings
)

select
    last_words.cube || '_SEE:' || array_to_string(
        ['SELEC', last_words.year::varchar, last_words.area, last_words.session, 'ALL', 'MEETING'], '.'
    ) as key,
    last_words.cube || '_SEE' as cube,
    'SELEC' as state,
    last_words.year,
    [last_words.area, last_words.session, 'ALL', 'MEETING'] as codes,
    last_words.level::decimal(18, 3) as value,
    last_words.word as raw,
    last_words.file,
    last_words.line,
    array_length(last_words.states) as coverage,
    members.members,
    last_words.states,
    last_words.round,
from last_words
inner join members on last_words.year = members.year
where last_words.place = 1
