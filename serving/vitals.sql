-- name: vitals
-- One row: work that waits, messages stored, and what the models answered in the last five minutes, over all tenants.
select
    v.tasks_waiting,
    v.oldest_task_seconds,
    v.messages_stored,
    v.inferences,
    v.ai_p50_seconds,
    v.ai_p95_seconds,
    v.ai_invalid
from app.platform_vitals() as v;
