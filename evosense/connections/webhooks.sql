-- name: set_webhook_secret
-- One row if there was a connection of the tenant_id: it takes webhooks that prove themselves by this secret.
update app.connection as c
set webhook_secret_hash = %(secret_hash)s, webhook_secret_enc = %(secret_enc)s
where c.tenant_id = %(tenant_id)s and c.id = %(id)s and c.deleted_at is null
returning c.id;

-- name: webhook_by_id
-- At most one row: a connection that takes webhooks, by its id, whatever the tenant_id (pipeline only).
select
    l.tenant_id,
    l.id,
    l.server_url,
    l.instance,
    l.transport,
    l.token_enc,
    l.own_number_enc,
    l.timezone,
    l.retention_days,
    l.store_raw_text,
    l.embeddings,
    l.webhook_secret_hash,
    l.webhook_secret_enc
from app.listening as l
where l.is_served and l.webhook_secret_hash is not null and l.id = %(id)s;

-- name: webhook_by_secret
-- One row per connection, whatever the tenant_id, whose webhook's secret has one of these hashes (pipeline only).
select
    l.tenant_id,
    l.id,
    l.server_url,
    l.instance,
    l.transport,
    l.token_enc,
    l.own_number_enc,
    l.timezone,
    l.retention_days,
    l.store_raw_text,
    l.embeddings,
    l.webhook_secret_hash,
    l.webhook_secret_enc
from app.listening as l
where l.is_served and l.webhook_secret_hash is not null and l.webhook_secret_hash = any(%(secret_hashes)s::bytea[])
order by l.tenant_id, l.id;

-- name: webhook_by_instance
-- One row per connection, whatever the tenant_id, that takes webhooks of an instance with this name (pipeline only).
select
    l.tenant_id,
    l.id,
    l.server_url,
    l.instance,
    l.transport,
    l.token_enc,
    l.own_number_enc,
    l.timezone,
    l.retention_days,
    l.store_raw_text,
    l.embeddings,
    l.webhook_secret_hash,
    l.webhook_secret_enc
from app.listening as l
where l.is_served and l.webhook_secret_hash is not null and l.instance = %(instance)s
order by l.tenant_id, l.id;

-- name: webhook_heard
-- One row if it changed: a connection of the tenant_id that lives by webhooks alone was heard.
update app.connection as c
set state = 'live', state_reason = null, state_at = now()
where
    c.tenant_id = %(tenant_id)s and c.id = %(id)s and c.deleted_at is null and c.is_active
    and c.transport = 'webhook' and c.state <> 'live'
returning c.state, c.state_reason, c.whatsapp_state;
