-- name: by_hashes
-- One row per model of these hashes, everybody's (tenant_id 0…) or the tenant's own.
select distinct
    c.config_hash,
    c.provider,
    c.model
from app.model_config as c
where c.tenant_id in (%(tenant_id)s, app.everyone()) and c.config_hash = any(%(config_hashes)s)
order by c.provider, c.model, c.config_hash;

-- name: recipe
-- At most one row: provider, model and parameters of a model, everybody's (tenant_id 0…) or the tenant's own.
select
    c.provider,
    c.model,
    c.params
from app.model_config as c
where c.tenant_id in (%(tenant_id)s, app.everyone()) and c.config_hash = %(config_hash)s
order by c.tenant_id
limit 1;
