-- name: closed_hours
-- One row per local day asked for, hour and connection, as the warehouse knows it.
select k.*
from analytics.fct_hourly_kpis as k
where k.tenant_id = %(tenant_id)s and k.local_day = any(%(days)s::date[]);

-- name: closed_message_days
-- One row per local day asked for: its message figures, as the warehouse knows it.
select
    k.local_day,
    k.active_contacts,
    k.messages_in,
    k.messages_out,
    k.messages_automated,
    k.messages_group,
    k.messages_deleted,
    k.messages_other,
    k.audio_without_text,
    k.eligible,
    k.scored,
    k.sentiment_sum,
    k.sentiment_square_sum,
    k.positive,
    k.neutral,
    k.negative,
    k.satisfaction_sum,
    k.satisfaction_square_sum,
    k.prompt_hashes,
    k.config_hashes
from analytics.fct_daily_kpis as k
where k.tenant_id = %(tenant_id)s and k.local_day = any(%(days)s::date[]);

-- name: closed_emotions
-- One row per local day asked for, connection and emotion, as the warehouse knows it.
select e.*
from analytics.fct_daily_emotions as e
where e.tenant_id = %(tenant_id)s and e.local_day = any(%(days)s::date[]);

-- name: closed_contact_days
-- One row per local day asked for and contact who wrote, as the warehouse knows it.
select
    d.contact_id,
    d.local_day
from analytics.fct_contact_days as d
where d.tenant_id = %(tenant_id)s and d.local_day = any(%(days)s::date[]);

-- name: closed_coverage
-- One row per local day asked for and connection, as the warehouse knows it.
select c.*
from analytics.fct_daily_coverage as c
where c.tenant_id = %(tenant_id)s and c.local_day = any(%(days)s::date[]);

-- name: closed_inferences
-- One row per local day asked for, purpose, prompt and model, as the warehouse knows it.
select i.*
from analytics.fct_daily_inferences as i
where i.tenant_id = %(tenant_id)s and i.local_day = any(%(days)s::date[]);
