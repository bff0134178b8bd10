-- name: raw_events
-- One row per raw event of a time range, in the order of receipt, with its connection (also a removed one) and what its
-- tenant's plan keeps; of one tenant_id or connection where one is given. The page after (received_at, id).
select
    l.tenant_id,
    l.id,
    l.server_url,
    l.instance,
    l.transport,
    l.token_enc,
    l.own_number_enc,
    l.timezone,
    l.retention_days,
    l.store_raw_text,
    l.embeddings,
    e.id as raw_id,
    e.event,
    e.transport as heard_by,
    e.payload,
    e.received_at
from raw.evolution_event as e
inner join app.listening as l on l.tenant_id = e.tenant_id and l.id = e.connection_id
where
    e.received_day between (%(since)s::timestamptz at time zone 'utc')::date
    and (%(until)s::timestamptz at time zone 'utc')::date
    and e.received_at >= %(since)s and e.received_at < %(until)s
    and (e.received_at, e.id) > (%(after_at)s, %(after_id)s)
    and (%(tenant_id)s::uuid is null or e.tenant_id = %(tenant_id)s)
    and (%(connection_id)s::uuid is null or e.connection_id = %(connection_id)s)
    and (%(event)s::text is null or e.event = %(event)s)
    and l.tenant_status <> 'canceled'
order by e.received_at, e.id
limit %(page)s;

-- name: failed_events
-- One row per event that could not be stored and was not driven again since, with its raw event if that is still kept;
-- of one tenant_id where one is given. The page after the task's id.
select
    l.tenant_id,
    l.id,
    l.server_url,
    l.instance,
    l.transport,
    l.token_enc,
    l.own_number_enc,
    l.timezone,
    l.retention_days,
    l.store_raw_text,
    l.embeddings,
    e.id as raw_id,
    e.event,
    e.transport as heard_by,
    e.payload,
    e.received_at,
    f.id as task_id
from app.failed_task as f
inner join raw.evolution_event as e
    on
        e.tenant_id = f.tenant_id and e.id = f.subject_id
        -- A database that was away may have kept it waiting; longer than a week no raw event is kept.
        and e.received_day between (f.failed_at at time zone 'utc')::date - 8
        and (f.failed_at at time zone 'utc')::date + 1
inner join app.listening as l on l.tenant_id = e.tenant_id and l.id = e.connection_id
where
    f.kind = 'ingest' and f.replayed_at is null and f.id > %(after_id)s
    and (%(tenant_id)s::uuid is null or f.tenant_id = %(tenant_id)s)
    and l.tenant_status <> 'canceled'
order by f.id
limit %(page)s;

-- name: settle_failure
-- No row: a failed task of the tenant_id was driven again, with success or in vain.
update app.failed_task as f
set
    replayed_at = case when %(succeeded)s then now() end,
    attempts = f.attempts + 1
where f.tenant_id = %(tenant_id)s and f.id = %(task_id)s;

-- name: ask_models_again
-- One row: how many messages whose scoring or embedding was given up were asked for again; of one tenant_id where one
-- is given. Its task becomes a new generation if there is one.
with failed as (
    select distinct
        f.tenant_id,
        f.kind,
        m.id,
        m.chat_identity_id
    from app.failed_task as f
    inner join app.message as m on m.tenant_id = f.tenant_id and m.id = f.subject_id
    where
        f.kind in ('score', 'embed') and f.replayed_at is null
        and (%(tenant_id)s::uuid is null or f.tenant_id = %(tenant_id)s)
),

asked as (
    insert into app.ai_task as t (tenant_id, id, kind, purpose, lane, message_id, shard)
    select
        f.tenant_id,
        gen_random_uuid() as task_id,
        f.kind,
        'prod' as purpose,
        1 as lane,
        f.id,
        (get_byte(uuid_send(f.chat_identity_id), 15) & 63)::smallint as shard
    from failed as f
    on conflict (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate) do update
        set
            generation = t.generation + 1,
            next_attempt_at = now(),
            attempts = 0
    returning tenant_id, kind, message_id
),

settled as (
    update app.failed_task as f
    set replayed_at = now()
    from asked as a
    where
        f.tenant_id = a.tenant_id and f.kind = a.kind and f.subject_id = a.message_id and f.replayed_at is null
    returning f.id
)

select count(*) as asked
from asked;
