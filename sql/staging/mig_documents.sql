-- Grain: one reported cell of MIG_DOCUMENTS, document fraud by document and type of fraud, in documents. Read by core.reported.
with

source as (
    select * from warehouse.mig_documents
)

select
    'MIG_DOCUMENTS' as cube,
    submission_id,
    state,
    year,
    [document, fraud] as codes,
    value,
    raw,
    obs_status,
    conf_status,
    note,
    sheet,
    address,
from source
