-- Grain: the threat level that the scores of one crime area and session suggest. Read by core.judged_cells.
-- From the matrix of the settings, by the median of likelihood and the highest of the medians of impact; of two medians the
-- higher one. Without likelihood, or without any impact, nothing is suggested.
with

counts as (
    select * from core.judged_counts
    where statistic = 'MEDIAN_HIGH'
),

matrix as (
    select * from seed.judged_matrix
),

roles as (
    select * from seed.judged_role
),

medians as (
    select
        counts.*,
        roles.is_likelihood,
    from counts
    inner join roles
        on counts.cube = roles.cube
        and counts.codes[3] = roles.question
),

areas as (
    select
        cube,
        year,
        codes[1] as area,
        codes[2] as session,
        max(value) filter (where is_likelihood) as likelihood,
        max(value) filter (where not is_likelihood) as impact,
        list_sort(list_distinct(flatten(list(states)))) as states,
        list_sort(list_distinct(flatten(list(part_keys)))) as part_keys,
        max(round) as round,
    from medians
    group by all
)

select
    areas.cube,
    areas.year,
    [areas.area, areas.session, 'ALL'] as codes,
    'LEVEL' as statistic,
    matrix.level::decimal(18, 3) as value,
    areas.states,
    areas.part_keys,
    areas.round,
from areas
inner join matrix
    on areas.likelihood = matrix.likelihood
    and areas.impact = matrix.impact
