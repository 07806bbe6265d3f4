-- Selects that both engines read alike, with each function and part that models may use.
select key, codes[1] as one, codes[3] as three from core.cells;
select key, list_extract(codes, place) as here, list_extract(codes, -1) as last_one from core.cells;
select state, list_sort(list(key)) as keys, array_length(list(key)) as many from core.cells group by state;
select state, coalesce(list_sort(list(key) filter (where ok)), []::varchar[]) as keys from core.cells group by all;
select coalesce(list_sort(list(distinct state)), []::varchar[]) as states from core.cells where year > 2050;
select year, list_sort(list(distinct state)) as states from core.cells group by year;
select year, list_sort(list_distinct(flatten(list(codes)))) as codes from core.cells group by year;
select state, list_sum(list_sort(list(place / 4))) as total from core.cells where place is not null group by all;
select key, array_length(list_filter(codes, lambda code: code != '_T')) as parts from core.cells;
select key, list_transform(
    range(1, array_length(codes) + 1), lambda i: case when i = place then 'x' else list_extract(codes, i) end
) as codes from core.cells;
select key, unnest(codes) as code from core.cells;
select key, unnest(range(0, 1 << array_length(codes))) as bits from core.cells;
select key, range(place, 2) as none, range(2, place) as some from core.cells where place is not null;
select key, (place >> 1) & 1 as bit, place << 2 as moved, place % 3 as rest, place ** 2 as square from core.cells;
select key, (place + 1) // 2 as half, place / 2 as exact, -place as minus from core.cells;
select key, round(value)::bigint as whole, round(value, 1) as one, abs(value) as size from core.cells;
select key, value::decimal(9, 1) as short, place::varchar as text, value::double as wide from core.cells;
select key, key || ':' || array_to_string([state, year::varchar] || codes, '.') as name from core.cells;
select key, list_contains(codes, '_T') as total, starts_with(key, 'G_') as is_group from core.cells;
select key, greatest(place, 2) as most, least(place, 2) as fewest, nullif(place, 1) as other from core.cells;
select key, length(state) as letters, state like 'R%' as r, state like '_U' as u from core.cells;
select state, bool_or(ok) as any_ok, bool_and(ok) as all_ok from core.cells group by state;
select state, sum(value) as total, min(value) as low, max(value) as high, count(value) as n from core.cells group by all;
select count(*) as rows, count(distinct state) as states from core.cells having count(*) > 1;
select count(*) filter (where ok) as good, (count(*) filter (where not ok))::integer as bad from core.cells;
select key, row_number() over (partition by state order by value desc, key) as place from core.cells;
select key, row_number() over (order by value, key) as place, count(*) over same as n from core.cells window same as (partition by year);
select key, max(value) over (partition by state order by year rows between unbounded preceding and current row) as top from core.cells;
select key, value is distinct from 1.5 as other, ok is not true as not_ok, value is not distinct from 1.5 as same from core.cells;
select key from core.cells where place between 1 and 2 and state in ('RO', 'BG') or ok is null;
select key from core.cells where key not in (select state from core.names) and value <= 2 and place >= 1 and year < 2022;
select a.key, b.name from core.cells as a left join core.names as b on a.state = b.state;
select a.key, b.name from core.cells as a inner join core.names as b using (state);
select a.key from core.cells as a semi join core.names as b on a.state = b.state;
select a.key, b.name from core.cells as a cross join core.names as b where a.codes = b.codes;
select distinct codes from core.cells;
select state from core.cells union select state from core.names;
select state, 1 as from_cells from core.cells union all select state, null::integer from core.names;
with recursive steps as (
    select state, 1 as step from core.names
    union all
    select state, step + 1 from steps where step < 4
) select distinct * from steps;
select step, step * 2 - 1 as odd from (select unnest(range(1, 10)) as step) as steps where step != 3;
select coalesce(null::varchar, 'x') as x, []::varchar[] as none, true as yes;
