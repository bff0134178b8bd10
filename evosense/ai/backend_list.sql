-- name: lists
-- One row per backend of every tenant_id (0… is everybody), in the order in which they are asked.
select
    b.tenant_id,
    b.name,
    b.position,
    b.provider,
    coalesce(b.url, '') as url,
    coalesce(b.model, '') as model,
    coalesce(b.secret_name, '') as secret_name,
    b.slots,
    b.timeout_seconds::float8 as timeout_seconds,
    b.usd_per_mtok_in::float8 as usd_per_mtok_in,
    b.usd_per_mtok_out::float8 as usd_per_mtok_out,
    b.params
from app.ai_backend as b
order by b.tenant_id, b.position;

-- name: put
-- No row: adds or replaces a backend of a tenant_id; without a position it goes last.
insert into app.ai_backend (
    tenant_id, name, position, provider, url, model, secret_name, slots, timeout_seconds, usd_per_mtok_in,
    usd_per_mtok_out, params
)
select
    %(tenant_id)s::uuid as tenant_id,
    %(name)s,
    coalesce(
        %(position)s::smallint,
        (select own.position from app.ai_backend as own where own.tenant_id = %(tenant_id)s and own.name = %(name)s),
        (select max(other.position) + 1 from app.ai_backend as other where other.tenant_id = %(tenant_id)s),
        1
    ) as position,
    %(provider)s,
    nullif(%(url)s, '') as url,
    nullif(%(model)s, '') as model,
    nullif(%(secret_name)s, '') as secret_name,
    %(slots)s,
    %(timeout_seconds)s,
    %(usd_per_mtok_in)s,
    %(usd_per_mtok_out)s,
    %(params)s::jsonb
on conflict (tenant_id, name) do update set
    position = excluded.position,
    provider = excluded.provider,
    url = excluded.url,
    model = excluded.model,
    secret_name = excluded.secret_name,
    slots = excluded.slots,
    timeout_seconds = excluded.timeout_seconds,
    usd_per_mtok_in = excluded.usd_per_mtok_in,
    usd_per_mtok_out = excluded.usd_per_mtok_out,
    params = excluded.params;

-- name: remove
-- At most one row: the backend of a tenant_id that was taken off its list.
delete from app.ai_backend as b
where b.tenant_id = %(tenant_id)s and b.name = %(name)s
returning b.name;
