-- What happened that someone may want to hear, and what has to be computed again.

create table app.live_cursor (
    tenant_id uuid not null,
    seq bigint not null,
    primary key (tenant_id)
);
comment on table app.live_cursor is
'One row per tenant: the number of its latest live event. Locked as the last act of a transaction, so numbers appear in order of commit.';
call app.protect('app.live_cursor');

create table app.live_event (
    tenant_id uuid not null,
    seq bigint not null,
    type text not null,
    -- messages, connections, kpis, experiments, billing
    topic text not null,
    -- Who may hear it: everyone of the tenant, or a role.
    audience text not null default 'tenant',
    -- Ids and numbers, never text or names.
    payload jsonb not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, seq)
);
create index live_event_age on app.live_event (tenant_id, created_at);
comment on table app.live_event is 'One row per thing to hear, numbered without holes within a tenant; kept 72 h.';
call app.protect('app.live_event');

create table app.dirty (
    tenant_id uuid not null,
    id bigint generated always as identity,
    chat_identity_id uuid not null,
    local_day date not null,
    -- message, score, edit, delete, link, erasure
    cause text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id)
);
comment on table app.dirty is
'One row per (chat, local day) that changed, written in the transaction of the change and consumed by delete; drives sessions and marts.';
call app.protect('app.dirty');

grant select on app.live_cursor, app.live_event to evosense_api;
grant select, insert, update, delete on app.live_cursor, app.live_event, app.dirty to evosense_pipeline;
