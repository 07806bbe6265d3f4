-- Cells of states that the sender suppressed as fewer than five.
select count(*) from cells where obs_status = 'Q' and state not in ('SELEC', 'SELEC_FIX') and not withheld
