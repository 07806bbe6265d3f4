-- Rows of what is rare: nothing, an empty list, halves, ties, letters of others.
create schema core;
create table core.cells (
    key varchar, state varchar, year integer, value decimal(18, 3), codes varchar[], place integer, ok boolean
);
insert into core.cells values
    ('a', 'RO', 2020, 1.500, ['F', '_T'], 1, true),
    ('b', 'RO', 2021, 2.500, ['M', 'Y18', '_U'], 2, false),
    ('c', 'HU', 2020, null, [], 3, null),
    ('d', 'HU', 2021, -0.500, ['M'], 1, true),
    ('G_e', 'BG', 2021, -7.250, ['_T', '_T'], null, false),
    ('f', 'BG', 2022, 1.500, ['F', '_T'], 4, true);
create table core.names (state varchar, name varchar, codes varchar[]);
insert into core.names values ('RO', 'Romania', ['F', 'M']), ('HU', 'Hungary', []), ('XK', 'Kosovo*', ['Ω', 'ä', 'z']);
