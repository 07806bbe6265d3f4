-- Cells that their sender suppressed as fewer than five, told as one number for all tables of the report.
select value::bigint from meta where name = 'sent_suppressed'
