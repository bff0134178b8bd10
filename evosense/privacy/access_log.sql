-- name: note
-- One row of nothing: stretches of use of tenant_id are written, new ones and those that went on.
select app.note_access(
    %(tenant_id)s, %(ids)s::uuid[], %(actors)s::text[], %(addresses)s::text[], %(firsts)s::timestamptz[],
    %(lasts)s::timestamptz[], %(counts)s::integer[]
);

-- name: read
-- One row per stretch of use of tenant_id that reaches into from_at..to_at, in order of time; by one actor, if given.
select
    a.actor,
    host(a.address) as address,
    a.first_at,
    a.last_at,
    a.requests
from app.access_log as a
where
    a.tenant_id = %(tenant_id)s
    and a.last_at >= %(from_at)s
    and a.first_at < %(to_at)s
    and (%(actor)s::text is null or a.actor = %(actor)s)
order by a.first_at, a.id;
