-- name: known_addresses
-- One row per (tenant_id, address HMAC) among those given that was seen on any connection.
select distinct
    i.tenant_id,
    i.jid_hmac
from unnest(%(tenant_id)s::uuid[], %(jid_hmac)s::bytea[]) as w (tenant_id, jid_hmac)
inner join app.identity as i on i.tenant_id = w.tenant_id and i.jid_hmac = w.jid_hmac;

-- name: erased_addresses
-- One row per (tenant_id, address HMAC) among those given that belongs to an erased person.
select
    t.tenant_id,
    t.jid_hmac
from unnest(%(tenant_id)s::uuid[], %(jid_hmac)s::bytea[]) as w (tenant_id, jid_hmac)
inner join app.tombstone as t on t.tenant_id = w.tenant_id and t.jid_hmac = w.jid_hmac;

-- name: known_people
-- One row per address (by tenant_id) that has all it needs: whom and which thread it stands for, since when all of them
-- are known, and the name. A hidden address that is somebody else on another connection is left out.
select
    i.id as identity_id,
    l.contact_id,
    l.chat_id,
    greatest(i.first_seen_at, t.created_at, c.first_seen_at) as since,
    c.name_digest,
    c.name_at
from unnest(%(tenant_id)s::uuid[], %(identity_id)s::uuid[]) as w (tenant_id, identity_id)
inner join app.identity as i on i.tenant_id = w.tenant_id and i.id = w.identity_id
inner join app.identity_link as l on l.tenant_id = i.tenant_id and l.identity_id = i.id
inner join app.chat as t on t.tenant_id = l.tenant_id and t.id = l.chat_id
left join app.contact as c on c.tenant_id = l.tenant_id and c.id = l.contact_id
where
    (c.id is not null or l.contact_id is null)
    and not (
        i.kind = 'lid'
        and exists (
            select 1
            from app.identity as o
            inner join app.identity_link as ol on ol.tenant_id = o.tenant_id and ol.identity_id = o.id
            where o.tenant_id = i.tenant_id and o.jid_hmac = i.jid_hmac and ol.contact_id <> l.contact_id
        )
    );

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
from
    unnest(
        %(tenant_id)s::uuid[], %(id)s::uuid[], %(connection_id)s::uuid[], %(jid_hmac)s::bytea[], %(key_version)s::smallint[],
        %(kind)s::text[], %(address_enc)s::bytea[], %(first_seen_at)s::timestamptz[]
    ) as w (tenant_id, id, connection_id, jid_hmac, key_version, kind, address_enc, first_seen_at)
order by w.tenant_id, w.id
on conflict (
    tenant_id, id) do update set first_seen_at = excluded.first_seen_at
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
from
    unnest(
        %(tenant_id)s::uuid[], %(id)s::uuid[], %(first_seen_at)s::timestamptz[], %(name_enc)s::bytea[],
        %(name_digest)s::bytea[], %(name_at)s::timestamptz[]
    ) as w (tenant_id, id, first_seen_at, name_enc, name_digest, name_at)
order by w.tenant_id, w.id
on conflict (tenant_id, id) do update set
    first_seen_at = least(c.first_seen_at, excluded.first_seen_at),
    name_enc = case
        when app.is_better_name(c.name_digest, c.name_at, excluded.name_digest, excluded.name_at) then excluded.name_enc else c.name_enc
    end,
    name_digest = case
        when app.is_better_name(c.name_digest, c.name_at, excluded.name_digest, excluded.name_at) then excluded.name_digest else c.name_digest
    end,
    name_at = case
        when app.is_better_name(c.name_digest, c.name_at, excluded.name_digest, excluded.name_at) then excluded.name_at else c.name_at
    end
where
excluded.first_seen_at < c.first_seen_at
or app.is_better_name(c.name_digest, c.name_at, excluded.name_digest, excluded.name_at);

-- name: insert_chats
-- No row: conversations, by tenant_id and derived id.
insert into app.chat as c (tenant_id, id, connection_id, kind, created_at)
select
    w.tenant_id,
    w.id,
    w.connection_id,
    w.kind,
    w.created_at
from
    unnest(
        %(tenant_id)s::uuid[], %(id)s::uuid[], %(connection_id)s::uuid[], %(kind)s::text[], %(created_at)s::timestamptz[]
    ) as w (tenant_id, id, connection_id, kind, created_at)
order by w.tenant_id, w.id
on conflict (
    tenant_id, id) do update set created_at = excluded.created_at
where excluded.created_at < c.created_at;

-- name: insert_links
-- No row: links of addresses that have none; a hidden address that is known as somebody on another connection of the
-- tenant_id is that person here as well.
insert into app.identity_link (tenant_id, identity_id, contact_id, chat_id)
select
    w.tenant_id,
    w.identity_id,
    coalesce(known.contact_id, w.contact_id) as contact_id,
    w.chat_id
from
    unnest(
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
from
    unnest(
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
    using
        unnest(%(tenant_id)s::uuid[], %(lone_contact_id)s::uuid[], %(contact_id)s::uuid[])
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
    (m.sent_at at time zone t.timezone)::date as local_day,
    'link' as cause
from unnest(%(tenant_id)s::uuid[], %(identity_id)s::uuid[]) as w (tenant_id, identity_id)
inner join app.message as m on m.tenant_id = w.tenant_id and m.chat_identity_id = w.identity_id
inner join app.tenant as t on t.tenant_id = w.tenant_id;

-- name: links_of
-- One row per address (by tenant_id) with the person and the thread that it stands for today.
select
    l.identity_id,
    l.contact_id,
    l.chat_id
from unnest(%(tenant_id)s::uuid[], %(identity_id)s::uuid[]) as w (tenant_id, identity_id)
inner join app.identity_link as l on l.tenant_id = w.tenant_id and l.identity_id = w.identity_id;
