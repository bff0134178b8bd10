-- name: next_unmailed
-- At most one row: a notice of any tenant_id that is not mailed yet and still matters, locked; the oldest first. What is
-- older than three days comes too late to be news.
select
    n.tenant_id,
    n.kind,
    n.ref,
    t.name as company,
    array(
        select u.email from app.app_user as u
        where u.tenant_id = n.tenant_id and u.role = 'admin' and u.disabled_at is null
        order by u.email
    ) as emails
from app.dunning_notice as n
inner join app.tenant as t on t.tenant_id = n.tenant_id
where
    n.mailed_at is null and not n.obsolete and n.dismissed_at is null
    and n.created_at between %(now)s::timestamptz - interval '3 days' and %(now)s::timestamptz
order by n.created_at, n.tenant_id, n.kind, n.ref
limit 1
for update of n skip locked;

-- name: mark_mailed
-- No row: a notice of the tenant_id went out.
update app.dunning_notice as n
set mailed_at = %(now)s
where n.tenant_id = %(tenant_id)s and n.kind = %(kind)s and n.ref = %(ref)s;
