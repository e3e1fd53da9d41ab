-- What other domains read. Its columns and types are promised in product.contract.yaml: dbt
-- refuses to build this model when they differ from those in the .yml beside it.
select
    event_id,
    occurred_at,
    event_type,
    cast(amount as decimal(12, 2)) as amount,
    loaded_at
from {{ ref('derived_events') }}
