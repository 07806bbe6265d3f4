-- Grain: one statistic of one question, crime area and session over the states that judged. Read by core.judged_levels and
-- core.judged_cells.
-- Answers are put in order and counted, never added up. Of an even number of answers the two in the middle are both told:
-- the median lies between them.
with

answers as (
    select * from core.judged_answers
),

questions as (
    select
        cube,
        year,
        codes,
        max(size) as size,
        list_sort(list(place)) as places,
        list_sort(list(state)) as states,
        list_sort(list(key)) as part_keys,
        max(round) as round,
    from answers
    group by all
),

told as (
    select *, 'STATES' as statistic, array_length(places) as value from questions
    union all
    select *, 'MEDIAN_LOW', list_extract(places, (array_length(places) + 1) // 2) from questions
    union all
    select *, 'MEDIAN_HIGH', list_extract(places, array_length(places) // 2 + 1) from questions
    union all
    select *, 'LOWEST', places[1] from questions
    union all
    select *, 'HIGHEST', list_extract(places, -1) from questions
    union all
    select
        questions.*,
        'AT_' || steps.step,
        array_length(list_filter(questions.places, lambda place: place = steps.step)),
    from questions
    inner join (select unnest(range(1, 10)) as step) as steps on steps.step <= questions.size
)

select
    cube,
    year,
    codes,
    statistic,
    value::decimal(18, 3) as value,
    states,
    part_keys,
    round,
from told
