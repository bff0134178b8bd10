-- name: add
-- No row: a link for a person of the tenant_id who forgot the password.
insert into app.password_reset (tenant_id, token_hash, user_id, expires_at)
values (%(tenant_id)s, %(token_hash)s, %(user_id)s, %(expires_at)s);

-- name: use
-- At most one row: the person of the tenant_id behind a link that is good now; it is used up by this.
update app.password_reset as r
set used_at = now()
from app.app_user as u
where
    r.tenant_id = %(tenant_id)s and r.token_hash = %(token_hash)s and r.used_at is null and r.expires_at > now()
    and u.tenant_id = r.tenant_id and u.user_id = r.user_id and u.disabled_at is null
returning r.user_id;

-- name: end_others
-- No row: every other link of the person of the tenant_id is used up, too.
update app.password_reset as r
set used_at = now()
where r.tenant_id = %(tenant_id)s and r.user_id = %(user_id)s and r.used_at is null;
