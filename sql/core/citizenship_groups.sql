-- Grain: one state, year and group of citizenships. Read by core.state_cells.
-- Groups are sums over the citizenships that a state lists with a number. Own nationals form the group NAT and are
-- taken out of the group of SELEC member states. A citizenship suppressed by the sender is not in the sum.
-- Two margins stand above the groups: all whose citizenship is known, and the foreign ones among them.
with

cells as (
    select * from core.current_cells
),

dimensions as (
    select * from seed.cube_dimension
),

citizenships as (
    select * from seed.codelist
    where codelist = 'citizenship'
),

listed as (
    select
        cells.*,
        cells.codes[1] as citizenship,
        bool_or(cells.codes[1] = cells.state) over (partition by cells.cube, cells.state, cells.year) as names_own,
    from cells
    inner join dimensions
        on cells.cube = dimensions.cube
        and dimensions.codelist = 'citizenship'
        and dimensions.position = 1
),

grouped as (
    select
        listed.*,
        case when listed.citizenship = listed.state then 'NAT' else citizenships.parent end as group_code,
    from listed
    inner join citizenships on listed.citizenship = citizenships.code
    where listed.citizenship = listed.state or starts_with(citizenships.parent, 'G_')
),

known as (
    -- Where a state names its own country, "own nationals" beside it are the same persons again.
    select *
    from listed
    where citizenship not in ('_T', '_U')
        and (citizenship != 'NAT' or not names_own)
),

placed as (
    select * from grouped

    union all

    select *, 'G_KNOWN' as group_code from known

    union all

    select *, 'G_FOR' as group_code from known
    where citizenship not in (state, 'NAT')
),

summed as (
    select
        cube,
        state,
        year,
        group_code,
        sum(value) as value,
        count(value) as parts,
        count(*) filter (where obs_status = 'Q') as suppressed_parts,
        max(round) as round,
        coalesce(list_sort(list(key) filter (where value is not null)), []::varchar[]) as part_keys,
    from placed
    group by all
)

select
    cube || ':' || state || '.' || year || '.' || group_code as key,
    cube,
    state,
    year,
    [group_code] as codes,
    value,
    suppressed_parts,
    round,
    part_keys,
from summed
where parts > 0
    and cube || ':' || state || '.' || year || '.' || group_code not in (select key from cells)
