-- name: get
-- At most one row: a connection of the tenant_id that is not removed, with who serves it and what may be missing.
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
    c.token_enc,
    t.status as tenant_status,
    coalesce(l.lease_until > now(), false) as is_held,
    (
        select count(*) from app.ingestion_gap as g
        where g.tenant_id = c.tenant_id and g.connection_id = c.id and g.state = 'open'
    ) as open_gaps
from app.connection as c
inner join app.tenant as t on t.tenant_id = c.tenant_id
left join app.connection_lease as l on l.tenant_id = c.tenant_id and l.connection_id = c.id
where c.tenant_id = %(tenant_id)s and c.id = %(id)s and c.deleted_at is null;

-- name: gaps
-- One row per gap of a connection of the tenant_id, the newest first.
select
    g.from_at,
    g.to_at,
    g.cause,
    g.state,
    g.recovered,
    g.unrecoverable,
    g.closed_at
from app.ingestion_gap as g
where g.tenant_id = %(tenant_id)s and g.connection_id = %(id)s
order by g.from_at desc
limit %(limit)s;

-- name: rename
-- One row if there was one: the connection of the tenant_id has another name.
update app.connection as c
set name = %(name)s
where c.tenant_id = %(tenant_id)s and c.id = %(id)s and c.deleted_at is null
returning c.id;
