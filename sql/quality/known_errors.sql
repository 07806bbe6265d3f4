-- Findings that the register of known errors answers.
select count(*) from findings where remark like 'known error%'
