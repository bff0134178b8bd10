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

-- name: note_login
-- No row: notes the log-in of a person of tenant_id, and a newer hash of the password where there is one.
with person as (
    update app.app_user as u
    set last_login_at = now(), password_hash = coalesce(%(password_hash)s, u.password_hash)
    where u.tenant_id = %(tenant_id)s and u.user_id = %(user_id)s
    returning u.tenant_id, u.user_id
)

insert into app.audit_log (tenant_id, id, actor, action, target)
select
    p.tenant_id,
    %(id)s::uuid as id,
    'user:' || p.user_id as actor,
    'login' as action,
    'user:' || p.user_id as target
from person as p;

-- name: get_person
-- At most one row: a person of tenant_id who may log in, with the company.
select
    u.user_id,
    u.name,
    u.email,
    u.role,
    t.tenant_id,
    t.name as tenant_name,
    t.plan_id,
    t.status as tenant_status,
    t.timezone
from app.app_user as u
inner join app.tenant as t on t.tenant_id = u.tenant_id
where u.tenant_id = %(tenant_id)s and u.user_id = %(user_id)s and u.disabled_at is null;

-- name: add_refresh_token
-- No row: stores the hash of a new refresh token.
insert into app.refresh_token (tenant_id, token_hash, user_id, family_id, device_hash, expires_at)
values (%(tenant_id)s, %(token_hash)s, %(user_id)s, %(family_id)s, %(device_hash)s, %(expires_at)s);

-- name: lock_refresh_token
-- At most one row: a refresh token of tenant_id, locked, so that of two uses at once one wins. `is_dead`: expired,
-- revoked, or its person may not log in any more.
select
    r.user_id,
    r.family_id,
    r.expires_at,
    u.role,
    r.used_at is not null as is_used,
    r.revoked_at is not null or r.expires_at <= now() or u.disabled_at is not null or t.status = 'canceled' as is_dead,
    coalesce(
        r.revoked_at is null and r.device_hash = %(device_hash)s
        and r.used_at > clock_timestamp() - make_interval(secs => %(grace_seconds)s), false
    ) as is_double_submit
from app.refresh_token as r
inner join app.app_user as u on u.tenant_id = r.tenant_id and u.user_id = r.user_id
inner join app.tenant as t on t.tenant_id = r.tenant_id
where r.tenant_id = %(tenant_id)s and r.token_hash = %(token_hash)s
for update of r;

-- name: use_refresh_token
-- No row: marks a refresh token as used up.
update app.refresh_token as r set used_at = clock_timestamp()
where r.tenant_id = %(tenant_id)s and r.token_hash = %(token_hash)s;

-- name: revoke_family
-- No row: ends all tokens of a family.
update app.refresh_token as r set revoked_at = now()
where r.tenant_id = %(tenant_id)s and r.family_id = %(family_id)s and r.revoked_at is null;

-- name: revoke_all_families
-- No row: ends all tokens of a person of tenant_id.
update app.refresh_token as r set revoked_at = now()
where r.tenant_id = %(tenant_id)s and r.user_id = %(user_id)s and r.revoked_at is null;

-- name: know_timezone
-- One row; an error when the database knows no such timezone.
select now() at time zone %(timezone)s::text;
