-- name: record
-- No row: something happened in a tenant_id that somebody may have to answer for.
insert into app.audit_log (tenant_id, id, actor, action, target, detail)
values (%(tenant_id)s, %(id)s, %(actor)s, %(action)s, %(target)s, %(detail)s);

-- name: page
-- One row per act of the tenant_id, the newest first: at most `limit`, older than `before` where that is given.
select
    a.id,
    a.at,
    a.actor,
    a.action,
    a.target,
    a.detail
from app.audit_log as a
where
    a.tenant_id = %(tenant_id)s
    and (%(before)s::uuid is null or a.id < %(before)s)
    and (%(action)s::text is null or a.action = %(action)s)
    and (%(actor)s::text is null or a.actor = %(actor)s)
order by a.id desc
limit %(limit)s;
