-- The source as it came: nothing corrected, nothing left out.
select
    event_id,
    occurred_at,
    event_type,
    amount,
    loaded_at
from {{ ref('sample_events') }}
