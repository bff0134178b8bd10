-- name: add_connection
-- One row: the connection's id; adding a removed (server, instance) of the tenant_id again revives its row.
insert into app.connection as c (
    tenant_id, id, name, server_url, instance, transport, token_enc
)
values (
    %(tenant_id)s, %(id)s, %(name)s, %(server_url)s, %(instance)s, %(transport)s, %(token_enc)s
)
on conflict (tenant_id, server_url, instance) do update
    set
        name = excluded.name,
        transport = excluded.transport,
        webhook_secret_hash = null,
        webhook_secret_enc = null,
        is_active = true,
        state = 'offline',
        state_reason = null,
        state_at = now(),
        deleted_at = null
    where c.deleted_at is not null
returning c.id;

-- name: set_token
-- No row: stores a connection's token (by tenant_id), encrypted, and lets the listener try again.
update app.connection as c
set
    token_enc = %(token_enc)s, state = 'offline', state_reason = null,
    state_at = now()
where c.tenant_id = %(tenant_id)s and c.id = %(id)s;

-- name: set_own_number
-- No row: stores the number of a connection's account (by tenant_id), encrypted; null where it is unknown.
update app.connection as c
set own_number_enc = %(own_number_enc)s
where c.tenant_id = %(tenant_id)s and c.id = %(id)s;

-- name: set_active
-- No row: pauses or resumes a connection of the tenant_id.
update app.connection as c
set
    is_active = %(is_active)s, state = case when %(is_active)s then 'offline' else 'stopped' end,
    state_reason = null, state_at = now()
where c.tenant_id = %(tenant_id)s and c.id = %(id)s and c.deleted_at is null;

-- name: remove_connection
-- One row if there was one: soft-deletes a connection of the tenant_id; its messages stay.
update app.connection as c
set
    deleted_at = now(), is_active = false, token_enc = null, own_number_enc = null, state = 'stopped',
    state_reason = 'removed', state_at = now()
where c.tenant_id = %(tenant_id)s and c.id = %(id)s and c.deleted_at is null
returning c.id;

-- name: move_connection
-- One row if there was one: the connection of the tenant_id is now reached at another address.
update app.connection as c
set
    server_url = %(server_url)s, state = 'offline', state_reason = null,
    state_at = now()
where c.tenant_id = %(tenant_id)s and c.id = %(id)s and c.deleted_at is null
returning c.id;

-- name: list_connections
-- One row per connection of the tenant_id (of all tenants when it is null) that is not removed, by name.
select
    c.tenant_id,
    c.id,
    c.name,
    c.server_url,
    c.instance,
    c.transport,
    c.is_active,
    c.state,
    c.state_reason,
    c.state_at,
    c.whatsapp_state,
    c.last_event_at,
    c.created_at,
    coalesce(l.lease_until > now(), false) as is_held
from app.connection as c
left join app.connection_lease as l on l.tenant_id = c.tenant_id and l.connection_id = c.id
where c.deleted_at is null and (%(tenant_id)s::uuid is null or c.tenant_id = %(tenant_id)s)
order by c.tenant_id, c.name;

-- name: listening
-- One row per active connection of a tenant_id that is served: all with one of the transports, or the one that is named.
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
    l.embeddings
from app.listening as l
where
    l.is_served
    and (%(transports)s::text[] is null or l.transport = any(%(transports)s))
    and (%(connection_id)s::uuid is null or l.id = %(connection_id)s)
order by l.tenant_id, l.id;

-- name: notify
-- No row: tells listeners that connections of a tenant_id changed.
select pg_notify('evosense_connection', %(tenant_id)s::text);

-- name: set_states
-- One row per connection (by tenant_id) whose state, reason or phone state really changed.
update app.connection as c
set
    state = coalesce(w.state, c.state),
    state_reason = case when w.state is null then c.state_reason else w.reason end,
    state_at = case
        when w.state is null or (w.state = c.state and w.reason is not distinct from c.state_reason) then c.state_at
        else now()
    end,
    whatsapp_state = coalesce(w.whatsapp_state, c.whatsapp_state)
from
    unnest(
        %(tenant_ids)s::uuid[], %(connection_ids)s::uuid[], %(states)s::text[], %(reasons)s::text[],
        %(whatsapp_states)s::text[]
    ) as w (tenant_id, connection_id, state, reason, whatsapp_state)
where
    c.tenant_id = w.tenant_id and c.id = w.connection_id and c.deleted_at is null
    and (
        (w.state is not null and (c.state <> w.state or c.state_reason is distinct from w.reason))
        or (w.whatsapp_state is not null and c.whatsapp_state is distinct from w.whatsapp_state)
    )
returning c.tenant_id, c.id, c.state, c.state_reason, c.whatsapp_state;

-- name: heartbeat
-- One row: how many listeners live, this one included.
with mine as (
    insert into app.listener (owner, seen_at) values (%(owner)s, now())
    on conflict (owner) do update set seen_at = now()
),

dead as (
    delete from app.listener as x
    where x.seen_at < now() - interval '1 hour'
)

select count(*) + 1 as living
from app.listener as x
where x.owner <> %(owner)s and x.seen_at > now() - interval '8 seconds';

-- name: farewell
-- No row: this listener leaves and gives back its leases, of every tenant_id.
with gone as (
    delete from app.listener as x
    where x.owner = %(owner)s
)

delete from app.connection_lease as l
where l.tenant_id is not null and l.owner = %(owner)s;

-- name: claim_leases
-- One row per connection (by tenant_id) that is now ours: those without a lease, or whose lease ran out.
insert into app.connection_lease as l (tenant_id, connection_id, owner, fence, lease_until)
select
    w.tenant_id,
    w.connection_id,
    %(claimant)s as owner,
    nextval('app.fence') as fence,
    now() + interval '8 seconds' as lease_until
from unnest(%(tenant_ids)s::uuid[], %(connection_ids)s::uuid[]) as w (tenant_id, connection_id)
order by w.tenant_id, w.connection_id
on conflict (tenant_id, connection_id) do update
    set
        owner = excluded.owner,
        fence = excluded.fence,
        lease_until = excluded.lease_until
    where l.lease_until < now()
returning l.tenant_id, l.connection_id, l.fence;

-- name: free_connections
-- One row per given connection (by tenant_id) that nobody holds at this moment.
select
    w.tenant_id,
    w.connection_id
from unnest(%(tenant_ids)s::uuid[], %(connection_ids)s::uuid[]) as w (tenant_id, connection_id)
left join app.connection_lease as l
    on l.tenant_id = w.tenant_id and l.connection_id = w.connection_id and l.lease_until >= now()
where l.tenant_id is null;

-- name: next_lease_end
-- One row: in how many seconds the first lease of another listener ends (of any tenant_id), null when there is none.
select extract(epoch from min(l.lease_until) - now())::float8 as seconds
from app.connection_lease as l
where l.tenant_id is not null and l.owner <> %(owner)s and l.lease_until >= now();

-- name: renew_leases
-- One row per lease (by tenant_id) that is still ours and now runs 8 s more.
update app.connection_lease as l
set lease_until = now() + interval '8 seconds'
from
    unnest(%(tenant_ids)s::uuid[], %(connection_ids)s::uuid[], %(fences)s::bigint[])
        as w (tenant_id, connection_id, fence)
where
    l.tenant_id = w.tenant_id and l.connection_id = w.connection_id and l.fence = w.fence
    and l.owner = %(owner)s
returning l.tenant_id, l.connection_id, l.fence;

-- name: release_leases
-- No row: gives leases (by tenant_id) back.
delete from app.connection_lease as l
using
    unnest(%(tenant_ids)s::uuid[], %(connection_ids)s::uuid[], %(fences)s::bigint[])
        as w (tenant_id, connection_id, fence)
where
    l.tenant_id = w.tenant_id and l.connection_id = w.connection_id and l.fence = w.fence
    and l.owner = %(owner)s;

-- name: begin_gap
-- One row: the open gap of a connection of the tenant_id, which begins a minute before it was last heard (or when it was
-- made); a gap that is open already is kept, so a listener that was killed in the middle of a repair loses nothing, and
-- what was read of it is not read again.
with known as (
    select
        g.id,
        coalesce(g.read_until, g.from_at) as unread_from,
        g.recovered
    from app.ingestion_gap as g
    where g.tenant_id = %(tenant_id)s and g.connection_id = %(connection_id)s and g.state = 'open'
    order by g.from_at
    limit 1
),

made as (
    insert into app.ingestion_gap (tenant_id, id, connection_id, from_at, to_at, cause)
    select
        c.tenant_id,
        %(gap_id)s as id,
        c.id as connection_id,
        least(
            greatest(coalesce(c.last_event_at, c.created_at) - interval '60 seconds', %(heard_until)s::timestamptz),
            %(missed_since)s::timestamptz,
            now()
        ) as from_at,
        now() as to_at,
        %(gap_cause)s as cause
    from app.connection as c
    where c.tenant_id = %(tenant_id)s and c.id = %(connection_id)s and not exists (select 1 from known)
    returning id, from_at
)

select
    g.id,
    g.unread_from,
    c.created_at as first_at,
    g.recovered
from
    (
        select
            k.id,
            k.unread_from,
            k.recovered
        from known as k
        union all
        select
            m.id,
            m.from_at as unread_from,
            0 as recovered
        from made as m
    ) as g
inner join app.connection as c on c.tenant_id = %(tenant_id)s and c.id = %(connection_id)s;

-- name: advance_gap
-- No row: up to where a gap of the tenant_id was fetched and stored, and how many messages came back so far.
update app.ingestion_gap as g
set read_until = %(read_until)s, recovered = %(recovered)s
where g.tenant_id = %(tenant_id)s and g.id = %(id)s and g.state = 'open';

-- name: finish_gap
-- No row: what came back of a gap of the tenant_id, and what can't.
update app.ingestion_gap as g
set
    state = %(state)s,
    to_at = greatest(g.from_at, %(to_at)s),
    recovered = %(recovered)s,
    unrecoverable = %(unrecoverable)s,
    closed_at = now()
where g.tenant_id = %(tenant_id)s and g.id = %(id)s and g.state = 'open';

-- name: drop_gap
-- No row: forgets an open gap of the tenant_id that turned out to be none.
delete from app.ingestion_gap as g
where g.tenant_id = %(tenant_id)s and g.id = %(id)s and g.state = 'open';
