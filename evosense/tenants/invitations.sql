-- name: email_is_here
-- One row when somebody of the tenant_id has this e-mail.
select u.user_id from app.app_user as u
where u.tenant_id = %(tenant_id)s and lower(u.email) = lower(%(email)s);

-- name: replace
-- No row: an open invitation of the tenant_id to this address is over.
update app.invitation as i
set revoked_at = now()
where
    i.tenant_id = %(tenant_id)s and lower(i.email) = lower(%(email)s)
    and i.accepted_at is null and i.revoked_at is null;

-- name: add
-- No row: a new invitation of the tenant_id.
insert into app.invitation (tenant_id, invitation_id, token_hash, email, role, invited_by, expires_at)
values (%(tenant_id)s, %(invitation_id)s, %(token_hash)s, %(email)s, %(role)s, %(invited_by)s, %(expires_at)s);

-- name: list
-- One row per invitation of the tenant_id that is neither accepted nor revoked, the newest first.
select
    i.invitation_id,
    i.email,
    i.role,
    i.created_at,
    i.expires_at
from app.invitation as i
where i.tenant_id = %(tenant_id)s and i.accepted_at is null and i.revoked_at is null
order by i.created_at desc;

-- name: revoke
-- One row if the tenant_id had such an open invitation; it is over.
update app.invitation as i
set revoked_at = now()
where
    i.tenant_id = %(tenant_id)s and i.invitation_id = %(invitation_id)s
    and i.accepted_at is null and i.revoked_at is null
returning i.invitation_id;

-- name: open
-- At most one row: the invitation of the tenant_id behind a token, with the company, if it is good now; locked.
select
    i.invitation_id,
    i.email,
    i.role,
    t.name as company
from app.invitation as i
inner join app.tenant as t on t.tenant_id = i.tenant_id
where
    i.tenant_id = %(tenant_id)s and i.token_hash = %(token_hash)s
    and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
for update of i;

-- name: accept
-- No row: the invitation of the tenant_id was used.
update app.invitation as i set accepted_at = now()
where i.tenant_id = %(tenant_id)s and i.invitation_id = %(invitation_id)s;
