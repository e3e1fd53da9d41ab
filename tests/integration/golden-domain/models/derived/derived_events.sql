-- One row an event: the row that arrived last is the one that counts.
select
    event_id,
    occurred_at,
    lower(trim(event_type)) as event_type,
    amount,
    loaded_at
from {{ ref('raw_events') }}
qualify row_number() over (partition by event_id order by loaded_at desc) = 1
