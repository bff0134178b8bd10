-- The plain gateway tells no direction; the account's own number, where it is given, does.
alter table app.connection add column own_number_enc bytea;
comment on column app.connection.own_number_enc is
'The number of the account itself as an address, encrypted; on a plain gateway it tells who wrote.';

-- One meaning of what a listener, a webhook and a replay know of a connection. Its first columns are those of
-- evosense.connections.models.Listening, in that order. security_invoker: the reader's own policies hold.
create view app.listening with (security_invoker = true) as
select
    c.tenant_id,
    c.id,
    c.server_url,
    c.instance,
    c.transport,
    c.token_enc,
    c.own_number_enc,
    t.timezone,
    app.retention_days(c.tenant_id) as retention_days,
    p.store_raw_text,
    p.embeddings,
    t.status as tenant_status,
    c.is_active and c.deleted_at is null and t.status in ('trial', 'active', 'grace') as is_served,
    c.webhook_secret_hash,
    c.webhook_secret_enc
from app.connection as c
inner join app.tenant as t on t.tenant_id = c.tenant_id
inner join app.plan as p on p.plan_id = t.plan_id;
comment on view app.listening is
'Every connection, also a removed one, with what its tenant''s plan keeps; is_served: it is to be heard now.';
grant select on app.listening to evosense_pipeline;
