-- name: add
-- No row: a new key of the tenant_id.
insert into app.api_key (tenant_id, api_key_id, name, prefix, key_hash, scopes, created_by, expires_at)
values (
    %(tenant_id)s, %(api_key_id)s, %(name)s, %(prefix)s, %(key_hash)s, %(scopes)s, %(created_by)s, %(expires_at)s
);

-- name: list
-- One row per key of the tenant_id that is not revoked, the newest first.
select
    k.api_key_id,
    k.name,
    k.prefix,
    k.scopes,
    k.created_by,
    k.created_at,
    k.expires_at,
    k.last_used_at
from app.api_key as k
where k.tenant_id = %(tenant_id)s and k.revoked_at is null
order by k.created_at desc, k.api_key_id desc;

-- name: use
-- At most one row: id and scopes of a key of the tenant_id that is good now. That it was used is noted once a minute.
with found as (
    select
        k.tenant_id,
        k.api_key_id,
        k.scopes
    from app.api_key as k
    where
        k.tenant_id = %(tenant_id)s and k.key_hash = %(key_hash)s and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > now())
),

noted as (
    update app.api_key as k
    set last_used_at = now()
    from found as f
    where
        k.tenant_id = f.tenant_id and k.api_key_id = f.api_key_id
        and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute')
)

select
    f.api_key_id,
    f.scopes
from found as f;

-- name: revoke
-- One row if the tenant_id had such a key; it is good for nothing any more.
update app.api_key as k
set revoked_at = now()
where k.tenant_id = %(tenant_id)s and k.api_key_id = %(api_key_id)s and k.revoked_at is null
returning k.api_key_id;
