-- name: add_admin
-- No row: somebody runs the platform from now on.
insert into app.platform_admin (admin_id, email, name, password_hash)
values (%(admin_id)s, %(email)s, %(name)s, %(password_hash)s);

-- name: disable_admin
-- One row if there was such a person: they can't log in any more.
update app.platform_admin as a
set disabled_at = now()
where lower(a.email) = lower(%(email)s) and a.disabled_at is null
returning a.admin_id;

-- name: find_admin
-- At most one row: who runs the platform and has this e-mail.
select
    a.admin_id,
    a.email,
    a.name,
    a.password_hash
from app.platform_admin as a
where lower(a.email) = lower(%(email)s) and a.disabled_at is null;

-- name: get_admin
-- At most one row: who runs the platform, by id.
select
    a.admin_id,
    a.email,
    a.name,
    a.password_hash
from app.platform_admin as a
where a.admin_id = %(admin_id)s and a.disabled_at is null;

-- name: note_login
-- No row: notes a log-in.
update app.platform_admin as a set last_login_at = now() where a.admin_id = %(admin_id)s;

-- name: list_tenants
-- One row per company, whatever its tenant_id, in id order; older ones first, `limit` of them after `after`.
select
    t.tenant_id,
    t.name,
    t.plan_id,
    t.status,
    t.timezone,
    t.created_at,
    coalesce(p.managed_by, 'nobody') as billed_by,
    p.access,
    (
        select count(*) from app.app_user as u
        where u.tenant_id = t.tenant_id and u.disabled_at is null
    ) as people,
    (
        select count(*) from app.connection as c
        where c.tenant_id = t.tenant_id and c.deleted_at is null and c.is_active
    ) as connections,
    (select max(c.last_event_at) from app.connection as c where c.tenant_id = t.tenant_id) as last_event_at
from app.tenant as t
left join app.payment_account as p on p.tenant_id = t.tenant_id
where
    (%(tenant_id)s::uuid is null or t.tenant_id = %(tenant_id)s)
    and (%(after)s::uuid is null or t.tenant_id > %(after)s)
order by t.tenant_id
limit %(limit)s;

-- name: add_trial
-- No row: a new tenant_id tries its plan for the plan's trial days.
insert into app.payment_account (tenant_id, livemode, trial_ends_at)
select
    %(tenant_id)s,
    %(livemode)s,
    %(now)s::timestamptz + make_interval(days => p.trial_days)
from app.plan as p
where p.plan_id = %(plan_id)s;

-- name: set_tenant
-- No row: plan and status of a tenant_id that no subscription decides about.
update app.tenant as t
set plan_id = coalesce(%(plan_id)s, t.plan_id), status = coalesce(%(status)s, t.status)
where t.tenant_id = %(tenant_id)s;

-- name: list_acts
-- One row per act of the platform's people in any tenant_id, the newest first.
select
    a.id,
    a.at,
    a.actor,
    a.action,
    a.target,
    a.detail
from app.audit_log as a
where a.tenant_id is not null and (%(before)s::uuid is null or a.id < %(before)s)
order by a.id desc
limit %(limit)s;
