-- The WhatsApp numbers we listen to, who listens, and what was missed.

create table app.connection (
    tenant_id uuid not null references app.tenant (tenant_id),
    id uuid not null,
    name text not null check (length(name) between 1 and 80),
    server_url text not null,
    instance text not null check (instance <> '' and position(',' in instance) = 0),
    transport text not null default 'socketio'
    check (transport in ('socketio', 'webhook', 'raw_websocket')),
    token_enc bytea,
    -- SHA-256 of the webhook's secret; null where no webhook is used.
    webhook_secret_hash bytea,
    is_active boolean not null default true,
    state text not null default 'offline'
    check (state in ('offline', 'connecting', 'joining', 'backfilling', 'live', 'refused', 'stopped')),
    state_reason text,
    state_at timestamptz,
    -- What Evolution says of the phone itself: open, connecting, close, refused.
    whatsapp_state text,
    last_event_at timestamptz,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, server_url, instance)
);
create unique index connection_name_key on app.connection (tenant_id, name) where deleted_at is null;
comment on table app.connection is
'One row per Evolution instance of a tenant. Soft-deleted; adding the same (server, instance) again revives the row, so its messages keep their identity.';
call app.protect('app.connection');

create table app.connection_lease (
    tenant_id uuid not null,
    connection_id uuid not null,
    owner text not null,
    fence bigint not null,
    lease_until timestamptz not null,
    primary key (tenant_id, connection_id)
);
comment on table app.connection_lease is
'One row per connection that a listener holds. Renewed every 3 s, expires after 9 s; the fence is checked at each flush, so a listener that lost its lease writes nothing.';
call app.protect('app.connection_lease');

create table app.ingestion_gap (
    tenant_id uuid not null,
    id uuid not null,
    connection_id uuid not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    cause text not null,
    state text not null default 'open' check (state in ('open', 'repaired', 'partial', 'lost')),
    recovered integer not null default 0,
    unrecoverable text,
    created_at timestamptz not null default now(),
    closed_at timestamptz,
    primary key (tenant_id, id),
    check (from_at <= to_at)
);
create index ingestion_gap_window on app.ingestion_gap (tenant_id, connection_id, from_at);
comment on table app.ingestion_gap is
'One row per stretch of time in which a connection may have missed events, what findMessages gave back and what it can not.';
call app.protect('app.ingestion_gap');

grant select, insert, update on app.connection to evosense_api;
grant select on app.connection_lease, app.ingestion_gap to evosense_api;
grant select, insert, update, delete on
app.connection, app.connection_lease, app.ingestion_gap to evosense_pipeline;
grant select (
    tenant_id, id, name, instance, transport, is_active, state, state_reason, state_at,
    whatsapp_state, last_event_at, created_at, deleted_at
) on app.connection to evosense_analyst;
grant select on app.ingestion_gap to evosense_analyst;
