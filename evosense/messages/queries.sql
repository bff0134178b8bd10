-- name: hold_leases
-- One row per connection whose lease is still ours, by (tenant_id, connection, fence); the rows are held until commit,
-- so nobody takes a connection over in the middle of a flush. A lease that ran out while the database was away is still
-- ours until somebody takes it, which changes the fence. The locks are those of share_places, for the same trip.
select
    l.tenant_id,
    l.connection_id,
    pg_advisory_xact_lock_shared(hashtext('evosense.messages'), w.lock) as shared
from
    unnest(%(tenant_id)s::uuid[], %(connection_id)s::uuid[], %(fence)s::bigint[], %(lock)s::integer[])
        as w (tenant_id, connection_id, fence, lock)
inner join app.connection_lease as l
    on l.tenant_id = w.tenant_id and l.connection_id = w.connection_id and l.fence = w.fence
order by l.tenant_id, l.connection_id
for share of l;

-- name: insert_raw_events
-- One row per event that was not there yet; the digest within tenant_id, day and connection tells repeats.
insert into raw.evolution_event (
    tenant_id, received_day, id, connection_id, digest, event, transport, external_ids, chat_hmacs, payload, received_at
)
select
    w.tenant_id,
    w.received_day,
    w.id,
    w.connection_id,
    w.digest,
    w.event,
    w.transport,
    w.external_ids::text[],
    w.chat_hmacs::bytea[],
    w.payload,
    w.received_at
from
    unnest(
        %(tenant_id)s::uuid[], %(received_day)s::date[], %(id)s::uuid[], %(connection_id)s::uuid[], %(digest)s::bytea[],
        %(event)s::text[], %(transport)s::text[], %(external_ids)s::text[], %(chat_hmacs)s::text[], %(payload)s::bytea[],
        %(received_at)s::timestamptz[]
    )
        as w (
            tenant_id, received_day, id, connection_id, digest, event, transport, external_ids, chat_hmacs, payload, received_at
        )
order by w.tenant_id, w.received_day, w.connection_id, w.digest
on conflict (tenant_id, received_day, connection_id, digest) do nothing
returning id;

-- name: insert_messages
-- One row per message that is new or got a better time: its id, chat identity, time, the time that it had before, and
-- whether it was edited or deleted before it came. (tenant_id, connection, external id, from_me) is the message; a live
-- time replaces one that a history told.
insert into app.message as m (
    tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, author_identity_id, chat_kind,
    type, quoted_external_id, sent_at, sent_at_source, received_at, is_synthetic
)
select
    w.tenant_id,
    w.id,
    w.connection_id,
    w.external_id,
    w.from_me,
    w.direction,
    w.chat_identity_id,
    w.author_identity_id,
    w.chat_kind,
    w.type,
    w.quoted_external_id,
    w.sent_at,
    w.sent_at_source,
    w.received_at,
    w.is_synthetic
from
    unnest(
        %(tenant_id)s::uuid[], %(id)s::uuid[], %(connection_id)s::uuid[], %(external_id)s::text[], %(from_me)s::boolean[],
        %(direction)s::text[], %(chat_identity_id)s::uuid[], %(author_identity_id)s::uuid[], %(chat_kind)s::text[],
        %(type)s::text[], %(quoted_external_id)s::text[], %(sent_at)s::timestamptz[], %(sent_at_source)s::text[],
        %(received_at)s::timestamptz[], %(is_synthetic)s::boolean[]
    )
        as w (
            tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, author_identity_id, chat_kind,
            type, quoted_external_id, sent_at, sent_at_source, received_at, is_synthetic
        )
order by w.tenant_id, w.connection_id, w.external_id, w.from_me
on conflict (tenant_id, connection_id, external_id, from_me) do update
    set
        sent_at = excluded.sent_at,
        sent_at_source = excluded.sent_at_source,
        former_sent_at = m.sent_at
    where
    (m.sent_at_source = 'backfill' and excluded.sent_at_source = 'live')
    or (m.sent_at_source = 'received' and excluded.sent_at_source <> 'received')
returning
    m.tenant_id,
    m.id,
    m.chat_identity_id,
    m.connection_id,
    m.sent_at,
    m.former_sent_at,
    m.external_id,
    -- Not `exists`: while the table is small its plan reads all of it, anew for each partition that got a row.
    coalesce((
        select true from app.message_event as e
        where
            e.tenant_id = m.tenant_id  -- noqa: RF01
            and e.connection_id = m.connection_id  -- noqa: RF01
            and e.external_id = m.external_id  -- noqa: RF01
            and e.kind in ('edit', 'delete')
        order by e.kind
        limit 1
    ), false) as is_changed;

-- name: insert_bodies
-- No row: what new messages say, by tenant_id.
insert into app.message_body (tenant_id, message_id, text, original_enc, redaction_version)
select
    w.tenant_id,
    w.message_id,
    w.text,
    w.original_enc,
    w.redaction_version
from unnest(
    %(tenant_id)s::uuid[], %(message_id)s::uuid[], %(text)s::text[], %(original_enc)s::bytea[],
    %(redaction_version)s::smallint[]
) as w (tenant_id, message_id, text, original_enc, redaction_version);

-- name: insert_media
-- No row: where the media of new messages are, by tenant_id.
insert into app.media_ref (tenant_id, message_id, kind, mimetype, size_bytes, duration_seconds, locator_enc)
select
    w.tenant_id,
    w.message_id,
    w.kind,
    w.mimetype,
    w.size_bytes,
    w.duration_seconds,
    w.locator_enc
from unnest(
    %(tenant_id)s::uuid[], %(message_id)s::uuid[], %(kind)s::text[], %(mimetype)s::text[], %(size_bytes)s::bigint[],
    %(duration_seconds)s::integer[], %(locator_enc)s::bytea[]
) as w (tenant_id, message_id, kind, mimetype, size_bytes, duration_seconds, locator_enc);

-- name: insert_origins
-- No row: new messages (by tenant_id) that were sent through the API; the phone's have no origin.
insert into app.message_origin (tenant_id, message_id, author_type)
select
    w.tenant_id,
    w.message_id,
    'bot' as author_type
from unnest(%(tenant_id)s::uuid[], %(message_id)s::uuid[]) as w (tenant_id, message_id);

-- name: tell_origins
-- One row per message of our own (by tenant_id) that was known already and turned out to be sent through the API.
with sent as (
    select
        m.tenant_id,
        m.id,
        m.chat_identity_id,
        m.connection_id,
        m.sent_at
    from
        unnest(%(tenant_id)s::uuid[], %(connection_id)s::uuid[], %(external_id)s::text[])
            as w (tenant_id, connection_id, external_id)
    inner join app.message as m
        on
            m.tenant_id = w.tenant_id and m.connection_id = w.connection_id and m.external_id = w.external_id
            and m.from_me
),

made as (
    insert into app.message_origin (tenant_id, message_id, author_type)
    select
        s.tenant_id,
        s.id,
        'bot' as author_type
    from sent as s
    on conflict (tenant_id, message_id) do nothing
    returning tenant_id, message_id
)

select
    s.tenant_id,
    s.id,
    s.chat_identity_id,
    s.connection_id,
    s.sent_at
from sent as s
inner join made as d on d.tenant_id = s.tenant_id and d.message_id = s.id;

-- name: enqueue_tasks
-- One row for each kind of work: work for the models, by tenant_id, and whoever waits for it is woken. The same work
-- asked for again is a new generation of it, so a result for the old text does not finish it.
with enqueued as (
    insert into app.ai_task as t (tenant_id, id, kind, lane, message_id, shard)
    select
        w.tenant_id,
        w.id,
        w.kind,
        w.lane,
        w.message_id,
        w.shard
    from
        unnest(
            %(tenant_id)s::uuid[], %(id)s::uuid[], %(kind)s::text[], %(lane)s::smallint[], %(message_id)s::uuid[],
            %(shard)s::smallint[]
        ) as w (tenant_id, id, kind, lane, message_id, shard)
    order by w.tenant_id, w.message_id, w.kind
    on conflict (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate) do update
        set
            generation = t.generation + 1,
            next_attempt_at = now(),
            attempts = 0
    returning t.kind
)

select pg_notify('evosense_ai_task', k.kind)
from (
    select distinct e.kind from enqueued as e
) as k;

-- name: mark_dirty
-- No row: local days of chats that changed, by tenant_id.
insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select
    w.tenant_id,
    w.chat_identity_id,
    w.local_day,
    w.cause
from unnest(%(tenant_id)s::uuid[], %(chat_identity_id)s::uuid[], %(local_day)s::date[], %(cause)s::text[])
    as w (tenant_id, chat_identity_id, local_day, cause);

-- name: touch_connections
-- No row: when connections (by tenant_id) were last heard; gap repair starts there.
update app.connection as c
set last_event_at = greatest(c.last_event_at, w.at)
from
    unnest(%(tenant_id)s::uuid[], %(connection_id)s::uuid[], %(at)s::timestamptz[])
        as w (tenant_id, connection_id, at)
where c.tenant_id = w.tenant_id and c.id = w.connection_id;

-- name: record_failure
-- No row: an event that could not be stored, by tenant_id, to be looked at and driven again.
insert into app.failed_task (tenant_id, id, kind, subject_id, error_class, attempts)
values (%(tenant_id)s, %(id)s, 'ingest', %(subject_id)s, %(error_class)s, 1);
