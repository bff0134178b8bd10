-- name: add_tenant
-- No row: creates a tenant.
insert into app.tenant (tenant_id, name, plan_id, status, timezone, shelf)
values (%(tenant_id)s, %(name)s, %(plan_id)s, %(status)s, %(timezone)s, %(shelf)s);

-- name: add_tenant_key
-- No row: stores a wrapped key.
insert into app.tenant_key (tenant_id, purpose, version, wrapped_key)
values (%(tenant_id)s, %(purpose)s, %(version)s, %(wrapped_key)s);

-- name: get_tenant
-- One row: a tenant with what its plan allows.
select
    t.tenant_id,
    t.name,
    t.plan_id,
    t.status,
    t.timezone,
    t.session_gap_hours,
    t.shelf,
    p.retention_days,
    p.store_raw_text,
    p.embeddings
from app.tenant as t
inner join app.plan as p on p.plan_id = t.plan_id
where t.tenant_id = %(tenant_id)s;

-- name: list_tenants
-- One row per tenant that is not canceled, with what its plan allows (pipeline only; policies show the API one).
select
    t.tenant_id,
    t.name,
    t.plan_id,
    t.status,
    t.timezone,
    t.session_gap_hours,
    t.shelf,
    p.retention_days,
    p.store_raw_text,
    p.embeddings
from app.tenant as t
inner join app.plan as p on p.plan_id = t.plan_id
where t.status <> 'canceled'
order by t.tenant_id;

-- name: tenant_keys
-- One row per key of the tenant that is not retired.
select
    k.purpose,
    k.version,
    k.wrapped_key
from app.tenant_key as k
where k.tenant_id = %(tenant_id)s and k.retired_at is null
order by k.purpose, k.version;

-- name: add_user
-- No row: creates a person of a tenant.
insert into app.app_user (tenant_id, user_id, email, name, role, password_hash)
values (%(tenant_id)s, %(user_id)s, %(email)s, %(name)s, %(role)s, %(password_hash)s);

-- name: find_login
-- At most one row: the person behind an e-mail, whatever the tenant_id, through the definer function.
select
    f.tenant_id,
    f.user_id,
    f.name,
    f.role,
    f.password_hash,
    f.tenant_status
from app.find_login(%(email)s) as f;
