-- Grain: a combination of codes of a cube, and one that it is a part of, in the same cube or in the first table of its
-- family (tables that count the same thing). Read by whatever compares a part with its whole: core.outdated_cells,
-- core.conflicts, core.questioned_cells, core.region_cells and the checks.
-- dimensions: those in which the part is narrower; none where the same count stands in two tables.
-- is_direct: the part is one step below the whole in one dimension.
with recursive

reported as (
    select * from core.reported
),

cubes as (
    select * from seed.cube
),

cube_dimensions as (
    select * from seed.cube_dimension
),

cube_codes as (
    select * from seed.cube_code
),

fixed_codes as (
    select * from seed.fixed_code
),

codelists as (
    select * from seed.codelist
),

as_reported as (
    select distinct
        cube,
        codes,
    from reported
),

-- A total that nobody reported may be worked out from its parts.
one_step_up as (
    select distinct
        as_reported.cube,
        list_transform(
            range(1, array_length(as_reported.codes) + 1),
            lambda i: case when i = cube_codes.position then cube_codes.parent else list_extract(as_reported.codes, i) end
        ) as codes,
    from as_reported
    inner join cube_codes
        on as_reported.cube = cube_codes.cube
        and list_extract(as_reported.codes, cube_codes.position) = cube_codes.code
    where cube_codes.parent != ''
),

-- Groups of an open list are worked out too.
groups as (
    select distinct
        cube_dimensions.cube,
        [codelists.code] as codes,
    from cube_dimensions
    inner join codelists on cube_dimensions.codelist = codelists.codelist
    where cube_dimensions.cube in (select cube from cube_codes where open_list)
),

combinations as (
    select * from as_reported
    union
    select * from one_step_up
    union
    select * from groups
),

-- A combination by its dimensions, totals left out: no coordinate at all is the total of everything.
coordinates as (
    select
        combinations.cube,
        combinations.codes,
        cube_dimensions.dimension,
        list_extract(combinations.codes, cube_dimensions.position) as code,
    from combinations
    inner join cube_dimensions on combinations.cube = cube_dimensions.cube
    where list_extract(combinations.codes, cube_dimensions.position) != '_T'

    union all

    select
        combinations.cube,
        combinations.codes,
        fixed_codes.dimension,
        fixed_codes.code,
    from combinations
    inner join fixed_codes on combinations.cube = fixed_codes.cube
),

parents as (
    select distinct
        cube_dimensions.dimension,
        cube_codes.code,
        cube_codes.parent,
    from cube_codes
    inner join cube_dimensions
        on cube_codes.cube = cube_dimensions.cube
        and cube_codes.position = cube_dimensions.position
    where cube_codes.parent not in ('', '_T')
),

-- Step by step, and no further than any list of codes is deep.
steps as (
    select distinct
        dimension,
        code,
        code as ancestor,
        0 as step,
    from coordinates

    union all

    select
        steps.dimension,
        steps.code,
        parents.parent,
        steps.step + 1,
    from steps
    inner join parents
        on steps.dimension = parents.dimension
        and steps.ancestor = parents.code
    where steps.step < 30
),

lineage as (
    select distinct
        dimension,
        code,
        ancestor,
    from steps
),

sized as (
    select
        combinations.cube,
        combinations.codes,
        cubes.family,
        count(coordinates.code) as size,
    from combinations
    inner join cubes on combinations.cube = cubes.cube
    left join coordinates
        on combinations.cube = coordinates.cube
        and combinations.codes = coordinates.codes
    group by all
),

pairs as (
    select
        parts.cube as part_cube,
        parts.codes as part_codes,
        parts.size as part_size,
        wholes.cube as whole_cube,
        wholes.codes as whole_codes,
        wholes.size as whole_size,
    from sized as parts
    inner join sized as wholes
        on parts.family = wholes.family
        and wholes.cube in (parts.cube, parts.family)
    where wholes.size <= parts.size
        and (parts.cube != wholes.cube or parts.codes != wholes.codes)
),

covered as (
    select
        pairs.part_cube,
        pairs.part_codes,
        pairs.whole_cube,
        pairs.whole_codes,
        count(*) as dimensions,
    from pairs
    inner join coordinates as wholes
        on pairs.whole_cube = wholes.cube
        and pairs.whole_codes = wholes.codes
    inner join coordinates as parts
        on pairs.part_cube = parts.cube
        and pairs.part_codes = parts.codes
        and wholes.dimension = parts.dimension
    inner join lineage
        on parts.dimension = lineage.dimension
        and parts.code = lineage.code
        and wholes.code = lineage.ancestor
    group by all
),

related as (
    select pairs.*
    from pairs
    left join covered using (part_cube, part_codes, whole_cube, whole_codes)
    where coalesce(covered.dimensions, 0) = pairs.whole_size
),

narrower as (
    select
        related.part_cube,
        related.part_codes,
        related.whole_cube,
        related.whole_codes,
        list_sort(list(parts.dimension)) as dimensions,
        bool_and(coalesce(parents.parent, '') = coalesce(wholes.code, '')) as is_one_step,
    from related
    inner join coordinates as parts
        on related.part_cube = parts.cube
        and related.part_codes = parts.codes
    left join coordinates as wholes
        on related.whole_cube = wholes.cube
        and related.whole_codes = wholes.codes
        and parts.dimension = wholes.dimension
    left join parents
        on parts.dimension = parents.dimension
        and parts.code = parents.code
    where parts.code is distinct from wholes.code
    group by all
)

select
    related.part_cube,
    related.part_codes,
    related.whole_cube,
    related.whole_codes,
    coalesce(narrower.dimensions, []::varchar[]) as dimensions,
    coalesce(array_length(narrower.dimensions) = 1 and narrower.is_one_step, false) as is_direct,
from related
left join narrower using (part_cube, part_codes, whole_cube, whole_codes)
