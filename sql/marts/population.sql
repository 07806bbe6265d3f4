-- Grain: one state or the region in one year: mid-year inhabitants, the one denominator of every rate. Read by marts.cells.
with

population as (
    select * from seed.population
),

members as (
    select * from seed.member
),

member_population as (
    select population.*
    from population
    inner join members
        on population.state = members.state
        and population.year = members.year
)

select
    'POPULATION:' || state || '.' || year as key,
    state,
    year,
    population::decimal(18, 3) as value,
    1 as coverage,
    [state] as states,
    []::varchar[] as part_keys,
from member_population

union all

select
    'POPULATION:SELEC.' || year as key,
    'SELEC' as state,
    year,
    sum(population)::decimal(18, 3) as value,
    count(*) as coverage,
    list_sort(list(state)) as states,
    list_sort(list('POPULATION:' || state || '.' || year)) as part_keys,
from member_population
group by year
