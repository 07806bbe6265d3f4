-- Cells under a query, per cent of the cells that states reported.
select round(
    100.0 * (select count(distinct key) from findings where severity = 'query' and key <> '')
    / nullif((select count(*) from cells where state not in ('SELEC', 'SELEC_FIX') and cube <> 'POPULATION'), 0), 1
)::decimal(5, 1)
