-- name: get
-- At most one row: the company of the tenant_id as its people see it.
select
    t.tenant_id,
    t.name,
    t.plan_id,
    t.status,
    t.timezone,
    t.locale,
    t.created_at
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: lock
-- At most one row: the timezone of the tenant_id; nobody else changes it until the transaction ends.
select t.timezone from app.tenant as t where t.tenant_id = %(tenant_id)s for no key update;

-- name: change
-- No row: what of name, timezone and locale is given replaces what the tenant_id has.
update app.tenant as t
set
    name = coalesce(%(name)s, t.name),
    timezone = coalesce(%(timezone)s, t.timezone),
    locale = coalesce(%(locale)s, t.locale)
where t.tenant_id = %(tenant_id)s;

-- name: mark_days
-- No row: every day on which the tenant_id has messages, cut the former way and the new, and every chat as a whole (which
-- is what the cause `link` says) has to be computed again.
insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select distinct
    m.tenant_id,
    m.chat_identity_id,
    (m.sent_at at time zone zone.name)::date as local_day,
    'link' as cause
from app.message as m
cross join unnest(array[%(former)s, %(timezone)s]::text[]) as zone (name)
where m.tenant_id = %(tenant_id)s and m.chat_kind = 'individual';
