-- name: all_keys
-- One row per key of every tenant_id, retired ones too: as long as a row is there, it has to be opened by SECRET_KEY.
select
    k.tenant_id,
    k.purpose,
    k.version,
    k.wrapped_key
from app.tenant_key as k
order by k.tenant_id, k.purpose, k.version;

-- name: rewrap_key
-- No row: the same key of a tenant_id, wrapped anew.
update app.tenant_key as k
set wrapped_key = %(wrapped_key)s
where k.tenant_id = %(tenant_id)s and k.purpose = %(purpose)s and k.version = %(version)s;

-- name: lock_keys
-- One row per version of a purpose of the tenant_id, locked, so that two rotations at once make two versions.
select k.version
from app.tenant_key as k
where k.tenant_id = %(tenant_id)s and k.purpose = %(purpose)s
order by k.version
for update;
