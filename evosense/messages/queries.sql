-- name: hold_leases
-- One row per connection whose lease is still ours, by (tenant_id, connection, fence); the rows are held until commit,
-- so nobody takes a connection over in the middle of a flush. A lease that ran out while the database was away is still
-- ours until somebody takes it, which changes the fence.
select
    l.tenant_id,
    l.connection_id
from unnest(%(tenant_ids)s::uuid[], %(connection_ids)s::uuid[], %(fences)s::bigint[])
    as w (tenant_id, connection_id, fence)
inner join app.connection_lease as l
    on l.tenant_id = w.tenant_id and l.connection_id = w.connection_id and l.fence = w.fence
order by l.tenant_id, l.connection_id
for share of l;

-- name: erased_addresses
-- One row per (tenant_id, address HMAC) among those given that belongs to an erased person.
select
    t.tenant_id,
    t.jid_hmac
from unnest(%(tenant_ids)s::uuid[], %(hmacs)s::bytea[]) as w (tenant_id, jid_hmac)
inner join app.tombstone as t on t.tenant_id = w.tenant_id and t.jid_hmac = w.jid_hmac;

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
from unnest(
    %(tenant_id)s::uuid[], %(received_day)s::date[], %(id)s::uuid[], %(connection_id)s::uuid[], %(digest)s::bytea[],
    %(event)s::text[], %(transport)s::text[], %(external_ids)s::text[], %(chat_hmacs)s::text[], %(payload)s::bytea[],
    %(received_at)s::timestamptz[]
) as w (
    tenant_id, received_day, id, connection_id, digest, event, transport, external_ids, chat_hmacs, payload, received_at
)
order by w.tenant_id, w.received_day, w.connection_id, w.digest
on conflict (tenant_id, received_day, connection_id, digest) do nothing
returning id;

-- name: insert_identities
-- No row: addresses seen, by tenant_id and derived id; an earlier sighting moves first_seen_at back.
insert into app.identity as i (
    tenant_id, id, connection_id, jid_hmac, key_version, kind, address_enc, first_seen_at
)
select
    w.tenant_id,
    w.id,
    w.connection_id,
    w.jid_hmac,
    w.key_version,
    w.kind,
    w.address_enc,
    w.first_seen_at
from unnest(
    %(tenant_id)s::uuid[], %(id)s::uuid[], %(connection_id)s::uuid[], %(jid_hmac)s::bytea[], %(key_version)s::smallint[],
    %(kind)s::text[], %(address_enc)s::bytea[], %(first_seen_at)s::timestamptz[]
) as w (tenant_id, id, connection_id, jid_hmac, key_version, kind, address_enc, first_seen_at)
order by w.tenant_id, w.id
on conflict (tenant_id, id) do update set first_seen_at = excluded.first_seen_at
where excluded.first_seen_at < i.first_seen_at;

-- name: insert_contacts
-- No row: people, by tenant_id and derived id; a newer, different name replaces the known one. name_at is since when we
-- know the name, so that the same name with every message writes nothing.
insert into app.contact as c (tenant_id, id, first_seen_at, name_enc, name_digest, name_at)
select
    w.tenant_id,
    w.id,
    w.first_seen_at,
    w.name_enc,
    w.name_digest,
    w.name_at
from unnest(
    %(tenant_id)s::uuid[], %(id)s::uuid[], %(first_seen_at)s::timestamptz[], %(name_enc)s::bytea[],
    %(name_digest)s::bytea[], %(name_at)s::timestamptz[]
) as w (tenant_id, id, first_seen_at, name_enc, name_digest, name_at)
order by w.tenant_id, w.id
on conflict (tenant_id, id) do update set
    first_seen_at = least(c.first_seen_at, excluded.first_seen_at),
    (name_enc, name_digest, name_at) = (
        select
            n.name_enc,
            n.name_digest,
            n.name_at
        from (
            values (c.name_enc, c.name_digest, c.name_at), (excluded.name_enc, excluded.name_digest, excluded.name_at)
        ) as n (name_enc, name_digest, name_at)
        where n.name_digest is not null
        order by
            case when c.name_digest = excluded.name_digest then n.name_at end asc,
            n.name_at desc,
            n.name_digest desc
        limit 1
    )
where
    excluded.first_seen_at < c.first_seen_at
    or (excluded.name_digest is not null and c.name_digest is null)
    or (excluded.name_digest = c.name_digest and excluded.name_at < c.name_at)
    or (
        excluded.name_digest <> c.name_digest
        and (excluded.name_at, excluded.name_digest) > (c.name_at, c.name_digest)
    );

-- name: insert_chats
-- No row: conversations, by tenant_id and derived id.
insert into app.chat as c (tenant_id, id, connection_id, kind, created_at)
select
    w.tenant_id,
    w.id,
    w.connection_id,
    w.kind,
    w.created_at
from unnest(
    %(tenant_id)s::uuid[], %(id)s::uuid[], %(connection_id)s::uuid[], %(kind)s::text[], %(created_at)s::timestamptz[]
) as w (tenant_id, id, connection_id, kind, created_at)
order by w.tenant_id, w.id
on conflict (tenant_id, id) do update set created_at = excluded.created_at
where excluded.created_at < c.created_at;

-- name: insert_links
-- No row: links of addresses that have none; a hidden address that is known as somebody on another connection of the
-- tenant_id is that person here as well.
insert into app.identity_link (tenant_id, identity_id, contact_id, chat_id)
select
    w.tenant_id,
    w.identity_id,
    coalesce(known.contact_id, w.contact_id),
    w.chat_id
from unnest(
    %(tenant_id)s::uuid[], %(identity_id)s::uuid[], %(contact_id)s::uuid[], %(chat_id)s::uuid[], %(jid_hmac)s::bytea[],
    %(is_lid)s::boolean[]
) as w (tenant_id, identity_id, contact_id, chat_id, jid_hmac, is_lid)
left join lateral (
    select l.contact_id
    from app.identity as i
    inner join app.identity_link as l on l.tenant_id = i.tenant_id and l.identity_id = i.id
    where
        w.is_lid and i.tenant_id = w.tenant_id and i.jid_hmac = w.jid_hmac
        and l.contact_id <> w.contact_id
    order by l.contact_id
    limit 1
) as known on true
order by w.tenant_id, w.identity_id
on conflict (tenant_id, identity_id) do nothing;

-- name: link_pairs
-- One row per hidden address whose person or thread changed: (tenant_id, identity_id). On the connection that proved
-- it the thread becomes the phone's; the person does on all connections of the tenant.
update app.identity_link as l
set
    contact_id = p.contact_id,
    chat_id = case when i.connection_id = p.connection_id then p.chat_id else l.chat_id end,
    linked_at = now()
from unnest(
    %(tenant_id)s::uuid[], %(connection_id)s::uuid[], %(lid_hmac)s::bytea[], %(contact_id)s::uuid[], %(chat_id)s::uuid[]
) as p (tenant_id, connection_id, lid_hmac, contact_id, chat_id)
inner join app.identity as i on i.tenant_id = p.tenant_id and i.jid_hmac = p.lid_hmac
where
    l.tenant_id = i.tenant_id and l.identity_id = i.id
    and (
        l.contact_id is distinct from p.contact_id
        or (i.connection_id = p.connection_id and l.chat_id <> p.chat_id)
    )
returning l.tenant_id, l.identity_id;

-- name: drop_lone_chats
-- No row: threads of hidden addresses, by tenant_id, that nothing is linked to any more.
delete from app.chat as c
using unnest(%(tenant_id)s::uuid[], %(lone_chat_id)s::uuid[]) as p (tenant_id, chat_id)
where
    c.tenant_id = p.tenant_id and c.id = p.chat_id
    and not exists (
        select 1 from app.identity_link as l
        where l.tenant_id = c.tenant_id and l.chat_id = c.id
    );

-- name: drop_lone_contacts
-- No row: people, by tenant_id, who turned out to be somebody else; a wish not to be written to goes along.
with gone as (
    delete from app.contact as c
    using unnest(%(tenant_id)s::uuid[], %(lone_contact_id)s::uuid[], %(contact_id)s::uuid[])
        as p (tenant_id, lone_contact_id, contact_id)
    where
        c.tenant_id = p.tenant_id and c.id = p.lone_contact_id
        and not exists (
            select 1 from app.identity_link as l
            where l.tenant_id = c.tenant_id and l.contact_id = c.id
        )
    returning c.tenant_id, p.contact_id, c.opted_out_at, c.first_seen_at
)

update app.contact as c
set
    opted_out_at = coalesce(c.opted_out_at, g.opted_out_at),
    first_seen_at = least(c.first_seen_at, g.first_seen_at)
from gone as g
where
    c.tenant_id = g.tenant_id and c.id = g.contact_id
    and (
        (c.opted_out_at is null and g.opted_out_at is not null) or g.first_seen_at < c.first_seen_at
    );

-- name: mark_relinked_days
-- No row: every day of the addresses (by tenant_id) that changed hands is to be computed again.
insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select distinct
    m.tenant_id,
    m.chat_identity_id,
    (m.sent_at at time zone t.timezone)::date,
    'link'
from unnest(%(tenant_ids)s::uuid[], %(identity_ids)s::uuid[]) as w (tenant_id, identity_id)
inner join app.message as m on m.tenant_id = w.tenant_id and m.chat_identity_id = w.identity_id
inner join app.tenant as t on t.tenant_id = w.tenant_id;

-- name: insert_messages
-- One row per message that is new or got a better time: its id, chat identity and time. (tenant_id, connection,
-- external id, from_me) is the message; a live time replaces one that a history told.
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
from unnest(
    %(tenant_id)s::uuid[], %(id)s::uuid[], %(connection_id)s::uuid[], %(external_id)s::text[], %(from_me)s::boolean[],
    %(direction)s::text[], %(chat_identity_id)s::uuid[], %(author_identity_id)s::uuid[], %(chat_kind)s::text[],
    %(type)s::text[], %(quoted_external_id)s::text[], %(sent_at)s::timestamptz[], %(sent_at_source)s::text[],
    %(received_at)s::timestamptz[], %(is_synthetic)s::boolean[]
) as w (
    tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, author_identity_id, chat_kind,
    type, quoted_external_id, sent_at, sent_at_source, received_at, is_synthetic
)
order by w.tenant_id, w.connection_id, w.external_id, w.from_me
on conflict (tenant_id, connection_id, external_id, from_me) do update set
    sent_at = excluded.sent_at,
    sent_at_source = excluded.sent_at_source
where
    (m.sent_at_source = 'backfill' and excluded.sent_at_source = 'live')
    or (m.sent_at_source = 'received' and excluded.sent_at_source <> 'received')
returning m.tenant_id, m.id, m.chat_identity_id, m.connection_id, m.sent_at;

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
-- One row per message of our own (by tenant_id) that turned out to be sent through the API; the phone's have no origin.
with sent as (
    select
        m.tenant_id,
        m.id,
        m.chat_identity_id,
        m.connection_id,
        m.sent_at
    from unnest(%(tenant_ids)s::uuid[], %(connection_ids)s::uuid[], %(external_ids)s::text[])
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
        'bot'
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

-- name: insert_changes
-- One row per edit, deletion, status or reaction that is new or got a better time, by tenant_id.
insert into app.message_event as e (
    tenant_id, id, connection_id, external_id, kind, digest, author_identity_id, status, text, original_enc,
    occurred_at, occurred_at_source, received_at
)
select
    w.tenant_id,
    w.id,
    w.connection_id,
    w.external_id,
    w.kind,
    w.digest,
    w.author_identity_id,
    w.status,
    w.text,
    w.original_enc,
    w.occurred_at,
    w.occurred_at_source,
    w.received_at
from unnest(
    %(tenant_id)s::uuid[], %(id)s::uuid[], %(connection_id)s::uuid[], %(external_id)s::text[], %(kind)s::text[],
    %(digest)s::bytea[], %(author_identity_id)s::uuid[], %(status)s::text[], %(text)s::text[],
    %(original_enc)s::bytea[], %(occurred_at)s::timestamptz[], %(occurred_at_source)s::text[],
    %(received_at)s::timestamptz[]
) as w (
    tenant_id, id, connection_id, external_id, kind, digest, author_identity_id, status, text, original_enc,
    occurred_at, occurred_at_source, received_at
)
order by w.tenant_id, w.connection_id, w.external_id, w.kind, w.digest
on conflict (tenant_id, connection_id, external_id, kind, digest) do update set
    occurred_at = excluded.occurred_at,
    occurred_at_source = excluded.occurred_at_source
where
    excluded.occurred_at_source <> 'received'
    and (e.occurred_at_source = 'received' or excluded.occurred_at > e.occurred_at)
returning e.id;

-- name: settle_bodies
-- One row per message (by tenant_id, connection and external id) whose body followed its edits and deletions just now.
-- The latest edit with a told time is the text; an edit without one counts only if no other told the same text.
-- Whatever order the events came in, the result is the same.
with touched as (
    select
        w.tenant_id,
        w.connection_id,
        w.external_id
    from unnest(%(tenant_ids)s::uuid[], %(connection_ids)s::uuid[], %(external_ids)s::text[])
        as w (tenant_id, connection_id, external_id)
),

wanted as (
    select
        m.tenant_id,
        m.id,
        m.connection_id,
        m.chat_identity_id,
        m.chat_kind,
        m.direction,
        m.sent_at,
        b.text as old_text,
        b.deleted_at as old_deleted_at,
        x.edits,
        x.edited_at,
        x.deleted_at,
        case when x.edits > 0 then x.text else b.text end as new_text
    from touched as t
    cross join lateral (
        select
            count(*) filter (where e.kind = 'edit') as edits,
            max(e.occurred_at) filter (where e.kind = 'edit') as edited_at,
            min(e.occurred_at) filter (where e.kind = 'delete') as deleted_at,
            (
                array_agg(e.text order by e.occurred_at desc, e.digest desc) filter (where e.kind = 'edit')
            )[1] as text
        from app.message_event as e
        where
            e.tenant_id = t.tenant_id and e.connection_id = t.connection_id and e.external_id = t.external_id
            and e.kind in ('edit', 'delete')
            and not (
                e.kind = 'edit' and e.occurred_at_source = 'received'
                and exists (
                    select 1 from app.message_event as twin
                    where
                        twin.tenant_id = e.tenant_id and twin.connection_id = e.connection_id
                        and twin.external_id = e.external_id and twin.kind = 'edit'
                        and twin.occurred_at_source <> 'received' and twin.text is not distinct from e.text
                )
            )
    ) as x
    inner join app.message as m
        on m.tenant_id = t.tenant_id and m.connection_id = t.connection_id and m.external_id = t.external_id
    inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    where x.edits > 0 or x.deleted_at is not null
),

settled as (
    update app.message_body as b
    set
        text = w.new_text,
        revision = w.edits,
        edited_at = w.edited_at,
        deleted_at = w.deleted_at,
        -- The edit's own original is kept with the edit.
        original_enc = case when w.new_text is distinct from w.old_text then null else b.original_enc end
    from wanted as w
    where
        b.tenant_id = w.tenant_id and b.message_id = w.id
        and (b.revision, b.text, b.edited_at, b.deleted_at)
        is distinct from (w.edits::integer, w.new_text, w.edited_at, w.deleted_at)
    returning b.tenant_id, b.message_id
)

select
    w.tenant_id,
    w.id,
    w.connection_id,
    w.chat_identity_id,
    w.chat_kind,
    w.direction,
    w.sent_at,
    coalesce(w.new_text, '') <> '' as has_text,
    w.new_text is distinct from w.old_text as text_changed,
    w.deleted_at is not null as is_deleted,
    w.deleted_at is distinct from w.old_deleted_at as deletion_changed
from wanted as w
inner join settled as s on s.tenant_id = w.tenant_id and s.message_id = w.id;

-- name: enqueue_tasks
-- No row: work for the models, by tenant_id. The same work asked for again is a new generation of it, so a result for
-- the old text does not finish it.
insert into app.ai_task as t (tenant_id, id, kind, lane, message_id, shard)
select
    w.tenant_id,
    w.id,
    w.kind,
    w.lane,
    w.message_id,
    w.shard
from unnest(
    %(tenant_id)s::uuid[], %(id)s::uuid[], %(kind)s::text[], %(lane)s::smallint[], %(message_id)s::uuid[],
    %(shard)s::smallint[]
) as w (tenant_id, id, kind, lane, message_id, shard)
order by w.tenant_id, w.message_id, w.kind
on conflict (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate) do update set
    generation = t.generation + 1,
    next_attempt_at = now(),
    attempts = 0;

-- name: notify_tasks
-- No row: wakes whoever waits for work of a kind.
select pg_notify('evosense_ai_task', %(kind)s);

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
from unnest(%(tenant_ids)s::uuid[], %(connection_ids)s::uuid[], %(ats)s::timestamptz[])
    as w (tenant_id, connection_id, at)
where c.tenant_id = w.tenant_id and c.id = w.connection_id;

-- name: links_of
-- One row per address (by tenant_id) with the person and the thread that it stands for today.
select
    l.identity_id,
    l.contact_id,
    l.chat_id
from unnest(%(tenant_ids)s::uuid[], %(identity_ids)s::uuid[]) as w (tenant_id, identity_id)
inner join app.identity_link as l on l.tenant_id = w.tenant_id and l.identity_id = w.identity_id;

-- name: record_failure
-- No row: an event that could not be stored, by tenant_id, to be looked at and driven again.
insert into app.failed_task (tenant_id, id, kind, subject_id, error_class, attempts)
values (%(tenant_id)s, %(id)s, 'ingest', %(subject_id)s, %(error_class)s, 1);
