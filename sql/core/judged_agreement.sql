-- Grain: the agreement of states on one question over all crime areas, or in one crime area over all questions that are
-- answered on the same scale: Krippendorff's alpha for ordinal data, missing answers allowed. Read by core.judged_cells.
-- 1 is full agreement, 0 what chance would give. Without two states on the same question, or where all answers are the same
-- word, there is none: agreement cannot be told from a scale of which one word is used.
-- K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C and the difference function for ordinal data.
with

answers as (
    select * from core.judged_answers
),

-- One unit is what several states judged: a question in an area.
placed as (
    select *, ['ALL', session, question] as codes_of, area as unit from answers
    union all
    select *, [area, session, 'ALL'] as codes_of, question as unit from answers
    where is_common
),

units as (
    select
        cube,
        year,
        codes_of,
        unit,
        count(*) as raters,
    from placed
    group by all
    having count(*) > 1
),

paired as (
    select
        one.cube,
        one.year,
        one.codes_of,
        one.place as place,
        other.place as other_place,
        count(*) / (units.raters - 1) as weight,
    from placed as one
    inner join units
        on one.cube = units.cube and one.year = units.year and one.codes_of = units.codes_of and one.unit = units.unit
    inner join placed as other
        on one.cube = other.cube and one.year = other.year and one.codes_of = other.codes_of and one.unit = other.unit
        and one.state != other.state
    group by one.cube, one.year, one.codes_of, one.unit, units.raters, one.place, other.place
),

-- Sums of fractions in a fixed order, so that every run gives the same digits.
coincidences as (
    select
        cube,
        year,
        codes_of,
        place,
        other_place,
        list_sum(list_sort(list(weight))) as pairs,
    from paired
    group by all
),

frequencies as (
    select
        cube,
        year,
        codes_of,
        place,
        list_sum(list_sort(list(pairs))) as times,
    from coincidences
    group by all
),

differences as (
    select
        one.cube,
        one.year,
        one.codes_of,
        one.place,
        other.place as other_place,
        one.times * other.times as by_chance,
        list_sum(list_sort(list(between_them.times))) - (one.times + other.times) / 2 as difference,
    from frequencies as one
    inner join frequencies as other
        on one.cube = other.cube and one.year = other.year and one.codes_of = other.codes_of
        and one.place < other.place
    inner join frequencies as between_them
        on one.cube = between_them.cube and one.year = between_them.year and one.codes_of = between_them.codes_of
        and between_them.place between one.place and other.place
    group by one.cube, one.year, one.codes_of, one.place, other.place, one.times, other.times
),

compared as (
    select
        differences.cube,
        differences.year,
        differences.codes_of,
        list_sum(list_sort(list(coalesce(coincidences.pairs, 0) * differences.difference ** 2))) as observed,
        list_sum(list_sort(list(differences.by_chance * differences.difference ** 2))) as expected,
    from differences
    left join coincidences
        on differences.cube = coincidences.cube and differences.year = coincidences.year
        and differences.codes_of = coincidences.codes_of
        and differences.place = coincidences.place and differences.other_place = coincidences.other_place
    group by all
),

totals as (
    select
        cube,
        year,
        codes_of,
        list_sum(list_sort(list(times))) as times,
    from frequencies
    group by all
),

behind as (
    select
        placed.cube,
        placed.year,
        placed.codes_of,
        list_sort(list(distinct placed.state)) as states,
        list_sort(list(placed.key)) as part_keys,
        max(placed.round) as round,
    from placed
    inner join units
        on placed.cube = units.cube and placed.year = units.year and placed.codes_of = units.codes_of
        and placed.unit = units.unit
    group by all
)

select
    compared.cube,
    compared.year,
    compared.codes_of as codes,
    'ALPHA' as statistic,
    round(1 - (totals.times - 1) * compared.observed / compared.expected, 3)::decimal(18, 3) as value,
    behind.states,
    behind.part_keys,
    behind.round,
from compared
inner join totals
    on compared.cube = totals.cube and compared.year = totals.year and compared.codes_of = totals.codes_of
inner join behind
    on compared.cube = behind.cube and compared.year = behind.year and compared.codes_of = behind.codes_of
where compared.expected > 0
