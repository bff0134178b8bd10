-- name: addresses
-- One row per address of the person behind these HMACs in tenant_id: on every connection, the phone's and the hidden
-- ones alike, found by the contact that they stand for.
with direct as (
    select
        i.id,
        l.contact_id
    from app.identity as i
    left join app.identity_link as l on l.tenant_id = i.tenant_id and l.identity_id = i.id
    where i.tenant_id = %(tenant_id)s and i.jid_hmac = any(%(jid_hmacs)s::bytea[]) and i.kind in ('phone', 'lid')
),

people as (
    select d.id
    from direct as d
    union
    select l.identity_id as id
    from direct as d
    inner join app.identity_link as l on l.tenant_id = %(tenant_id)s and l.contact_id = d.contact_id
)

select
    i.id,
    i.jid_hmac,
    i.key_version,
    i.address_enc,
    l.contact_id,
    l.chat_id
from people as p
inner join app.identity as i on i.tenant_id = %(tenant_id)s and i.id = p.id
left join app.identity_link as l on l.tenant_id = i.tenant_id and l.identity_id = i.id
where i.tenant_id = %(tenant_id)s;

-- name: bury
-- No row: people of tenant_id who must not come back, whatever a history sync brings.
insert into app.tombstone (tenant_id, jid_hmac, key_version)
select
    %(tenant_id)s::uuid as tenant_id,
    w.jid_hmac,
    w.key_version
from unnest(%(jid_hmacs)s::bytea[], %(versions)s::smallint[]) as w (jid_hmac, key_version)
on conflict (tenant_id, jid_hmac) do nothing;

-- name: messages_of_person
-- One row per message of tenant_id in the person's chats or by the person anywhere.
select
    m.id,
    m.connection_id,
    m.external_id
from app.message as m
where
    m.tenant_id = %(tenant_id)s
    and (m.chat_identity_id = any(%(identity_ids)s::uuid[]) or m.author_identity_id = any(%(identity_ids)s::uuid[]))
order by m.id
limit %(batch)s;

-- name: mark_days
-- No row: days of tenant_id that lose these messages are to be computed again.
insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select distinct
    m.tenant_id,
    m.chat_identity_id,
    (m.sent_at at time zone t.timezone)::date as local_day,
    'erasure' as cause
from app.message as m
inner join app.tenant as t on t.tenant_id = m.tenant_id
where m.tenant_id = %(tenant_id)s and m.id = any(%(ids)s::uuid[]);

-- name: mark_inference_days
-- No row: days of tenant_id on which models answered about these messages are to be computed again, too.
insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select distinct
    m.tenant_id,
    m.chat_identity_id,
    (i.created_at at time zone t.timezone)::date as local_day,
    'erasure' as cause
from app.message as m
inner join app.tenant as t on t.tenant_id = m.tenant_id
inner join app.inference as i on i.tenant_id = m.tenant_id and i.message_id = m.id
where m.tenant_id = %(tenant_id)s and i.tenant_id = %(tenant_id)s and m.id = any(%(ids)s::uuid[]);

-- name: delete_raw_of
-- One row per raw event of tenant_id that names the person's chat or one of these messages.
delete from raw.evolution_event as e
where
    e.tenant_id = %(tenant_id)s
    and (e.chat_hmacs && %(jid_hmacs)s::bytea[] or e.external_ids && %(external_ids)s::text[])
returning e.id;

-- name: raw_payloads
-- One row per raw event of tenant_id with its sealed payload, to be looked through.
select
    e.received_day,
    e.id,
    e.payload
from raw.evolution_event as e
where e.tenant_id = %(tenant_id)s;

-- name: delete_raw_by_id
-- No row: raw events of tenant_id whose content names the person.
delete from raw.evolution_event as e
using unnest(%(days)s::date[], %(ids)s::uuid[]) as w (received_day, id)
where e.tenant_id = %(tenant_id)s and e.received_day = w.received_day and e.id = w.id;

-- name: empty_live_events
-- No row: live events of tenant_id about the person lose their payload; their numbers stay, so nobody misses one.
update app.live_event as e
set payload = '{}', type = 'kpi_changed', topic = 'kpis'
where
    e.tenant_id = %(tenant_id)s
    and (
        e.payload ->> 'chat_id' = any(%(chat_ids)s::text[])
        or e.payload ->> 'message_id' = any(%(message_ids)s::text[])
    );

-- name: delete_answers_of
-- No row: answers to earlier requests of the person to tenant_id.
delete from app.privacy_answer as a
using app.privacy_request as r
where
    a.tenant_id = %(tenant_id)s and r.tenant_id = %(tenant_id)s and r.id = a.request_id
    and r.jid_hmacs && %(jid_hmacs)s::bytea[];

-- name: delete_opted_out
-- No row: what is left of contacts of tenant_id who are erased, their wish not to be written to included.
delete from app.contact where tenant_id = %(tenant_id)s and id = any(%(contact_ids)s::uuid[]);

-- name: risen
-- One row per tenant_id with addresses of erased people that are back, and how many.
select
    i.tenant_id,
    count(*) as addresses
from app.tombstone as t
inner join app.identity as i on i.tenant_id = t.tenant_id and i.jid_hmac = t.jid_hmac
group by i.tenant_id
order by i.tenant_id;

-- name: risen_hmacs
-- One row per tenant_id with addresses of erased people that are back: their HMACs.
select
    i.tenant_id,
    array_agg(i.jid_hmac) as hmacs
from app.tombstone as t
inner join app.identity as i on i.tenant_id = t.tenant_id and i.jid_hmac = t.jid_hmac
group by i.tenant_id
order by i.tenant_id;
