-- Grain: one cell of one state: reported, derived as a complete sum, or a group of citizenships. Read by
-- core.region_cells and marts.cells.
-- question: "whole" or "part" where the cell stands in a block in conflict that the state has not answered, "settled"
-- where it has. counts: whether regional figures and comparisons may use the cell. What is worked out from a part that
-- does not count does not count either.
with

reported as (
    select * from core.current_cells
),

derived as (
    select * from core.derived_totals
),

grouped as (
    select * from core.citizenship_groups
),

questioned as (
    select * from core.questioned_cells
),

worked_out as (
    select key, unnest(part_keys) as part_key from derived
    union all
    select key, unnest(part_keys) as part_key from grouped
),

tainted as (
    select
        worked_out.key,
        bool_or(questioned.is_open) as is_open,
    from worked_out
    inner join questioned on worked_out.part_key = questioned.key
    where not questioned.counts
    group by worked_out.key
),

every_cell as (
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
        'reported' as origin,
        []::varchar[] as part_keys,
    from reported
    where key not in (select key from derived)

    union all

    select
        key,
        cube,
        state,
        year,
        codes,
        value,
        '' as raw,
        'A' as obs_status,
        'F' as conf_status,
        'Sum of the reported parts' as note,
        '' as file,
        '' as sheet,
        '' as address,
        round,
        'derived' as origin,
        part_keys,
    from derived

    union all

    select
        key,
        cube,
        state,
        year,
        codes,
        value,
        '' as raw,
        case when suppressed_parts > 0 then 'U' else 'A' end as obs_status,
        'F' as conf_status,
        case
            when suppressed_parts > 0
                then 'Sum of the citizenships given as numbers; ' || suppressed_parts || ' more suppressed by the sender'
            else ''
        end as note,
        '' as file,
        '' as sheet,
        '' as address,
        round,
        'group' as origin,
        part_keys,
    from grouped
)

select
    every_cell.key,
    every_cell.cube,
    every_cell.state,
    every_cell.year,
    every_cell.codes,
    coalesce(questioned.value, every_cell.value) as value,
    every_cell.raw,
    every_cell.obs_status,
    every_cell.conf_status,
    case
        when questioned.value is not null then 'The state said that the parts hold: they add up to this'
        else every_cell.note
    end as note,
    every_cell.file,
    every_cell.sheet,
    every_cell.address,
    every_cell.round,
    case when questioned.value is not null then 'resolved' else every_cell.origin end as origin,
    case when questioned.value is not null then questioned.parts else every_cell.part_keys end as part_keys,
    case
        when questioned.is_open then questioned.role
        when tainted.is_open then 'part'
        when questioned.key is not null or tainted.key is not null then 'settled'
        else ''
    end as question,
    coalesce(questioned.counts, true) and tainted.key is null as counts,
from every_cell
left join questioned on every_cell.key = questioned.key
left join tainted on every_cell.key = tainted.key
