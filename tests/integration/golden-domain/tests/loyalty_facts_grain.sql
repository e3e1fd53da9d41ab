-- The grain that product.contract.yaml states: one row an event. Returns the rows that break it.
select
    event_id,
    count(*) as rows_with_it
from {{ ref('loyalty_facts') }}
group by event_id
having count(*) > 1
