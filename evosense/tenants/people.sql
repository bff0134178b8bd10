-- name: lock
-- One row: this transaction alone changes who belongs to the tenant_id until it ends (the key that the plan's limit
-- of people is counted under, too).
select pg_advisory_xact_lock(hashtextextended('limit:' || %(tenant_id)s::text || ':users', 0));

-- name: list
-- One row per person of the tenant_id, by name.
select
    u.user_id,
    u.name,
    u.email,
    u.role,
    u.created_at,
    u.last_login_at,
    u.disabled_at is null as is_active
from app.app_user as u
where u.tenant_id = %(tenant_id)s and (%(user_id)s::uuid is null or u.user_id = %(user_id)s)
order by lower(u.name), u.user_id;

-- name: other_admins
-- One row: how many administrators of the tenant_id who may log in there are besides this person.
select count(*)::int from app.app_user as u
where u.tenant_id = %(tenant_id)s and u.user_id <> %(user_id)s and u.role = 'admin' and u.disabled_at is null;

-- name: change
-- No row: what of name, role and access is given replaces what a person of the tenant_id has.
update app.app_user as u
set
    name = coalesce(%(name)s, u.name),
    role = coalesce(%(role)s, u.role),
    disabled_at = case
        when %(is_active)s::boolean then null
        when not %(is_active)s::boolean then coalesce(u.disabled_at, now())
        else u.disabled_at
    end
where u.tenant_id = %(tenant_id)s and u.user_id = %(user_id)s;

-- name: forget_tokens
-- No row: deletes every refresh token of a person of the tenant_id.
delete from app.refresh_token as r where r.tenant_id = %(tenant_id)s and r.user_id = %(user_id)s;

-- name: remove
-- No row: deletes a person of the tenant_id.
delete from app.app_user as u where u.tenant_id = %(tenant_id)s and u.user_id = %(user_id)s;

-- name: password_hash
-- At most one row: what the password of a person of the tenant_id is checked against, and where mail reaches them.
select
    u.password_hash,
    u.email
from app.app_user as u
where u.tenant_id = %(tenant_id)s and u.user_id = %(user_id)s and u.disabled_at is null;

-- name: set_password
-- One row: the e-mail of the person of the tenant_id, who has another password from now on.
update app.app_user as u
set password_hash = %(password_hash)s
where u.tenant_id = %(tenant_id)s and u.user_id = %(user_id)s and u.disabled_at is null
returning u.email;
