-- Who uses the platform: plans, tenants with their keys, people and their proofs of identity.

create table app.plan (
    plan_id text primary key,
    name text not null,
    price_cents integer,
    max_connections integer,
    max_users integer,
    max_contacts integer,
    max_exports_per_day integer,
    max_campaigns_per_month integer,
    retention_days integer not null check (retention_days > 0),
    store_raw_text boolean not null,
    embeddings boolean not null default true,
    trial_days integer not null default 14
);
comment on table app.plan is 'One row per plan; a null limit means agreed by contract. Limits are data, not code.';

insert into app.plan (
    plan_id, name, price_cents, max_connections, max_users, max_contacts,
    max_exports_per_day, max_campaigns_per_month, retention_days, store_raw_text
) values
('starter', 'Starter', 19900, 1, 3, 1000, 1, 10, 30, false),
('pro', 'Pro', 49900, 3, 10, 10000, 5, 50, 180, true),
('scale', 'Scale', 99900, 6, 30, 50000, 20, 200, 365, true),
('enterprise', 'Enterprise', null, null, null, null, 100, null, 730, true);

create table app.tenant (
    tenant_id uuid primary key,
    name text not null check (length(name) between 1 and 160),
    plan_id text not null references app.plan (plan_id),
    status text not null default 'active'
    check (status in ('pending', 'trial', 'active', 'grace', 'suspended', 'canceled')),
    timezone text not null default 'America/Sao_Paulo',
    session_gap_hours smallint not null default 24 check (session_gap_hours between 1 and 168),
    -- The list partition of this tenant's vectors: 0..15 are shared, higher ones belong to one large tenant.
    shelf smallint not null check (shelf >= 0),
    legal_hold boolean not null default false,
    created_at timestamptz not null default now()
);
comment on table app.tenant is 'One row per customer company. Its days are counted in its own timezone.';
call app.protect('app.tenant');

create table app.tenant_key (
    tenant_id uuid not null references app.tenant (tenant_id),
    purpose text not null check (purpose in ('data', 'identity')),
    version smallint not null check (version > 0),
    wrapped_key bytea not null,
    created_at timestamptz not null default now(),
    retired_at timestamptz,
    primary key (tenant_id, purpose, version)
);
comment on table app.tenant_key is
'One row per tenant, purpose and version: a 32-byte key wrapped by the master key (AES-256-GCM), so that rotating the master re-wraps these rows and touches no other.';
call app.protect('app.tenant_key');

create table app.app_user (
    tenant_id uuid not null references app.tenant (tenant_id),
    user_id uuid not null,
    email text not null check (length(email) between 3 and 254),
    name text not null check (length(name) between 1 and 150),
    role text not null check (role in ('admin', 'operator', 'analyst')),
    password_hash text not null,
    created_at timestamptz not null default now(),
    last_login_at timestamptz,
    disabled_at timestamptz,
    primary key (tenant_id, user_id)
);
-- Global on purpose, the one key that is: a person logs in by e-mail alone, before a tenant is known.
create unique index app_user_email_key on app.app_user (lower(email));
comment on table app.app_user is 'One row per person with access to one tenant, with a role in it.';
call app.protect('app.app_user');

create table app.refresh_token (
    tenant_id uuid not null,
    token_hash bytea not null,
    user_id uuid not null,
    family_id uuid not null,
    issued_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, token_hash),
    foreign key (tenant_id, user_id) references app.app_user (tenant_id, user_id)
);
create index refresh_token_family on app.refresh_token (tenant_id, family_id);
comment on table app.refresh_token is
'One row per refresh token (SHA-256 of it). Single use: a second use revokes the whole family.';
call app.protect('app.refresh_token');

create table app.api_key (
    tenant_id uuid not null references app.tenant (tenant_id),
    api_key_id uuid not null,
    name text not null,
    prefix text not null,
    key_hash bytea not null,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, api_key_id),
    unique (tenant_id, key_hash)
);
comment on table app.api_key is 'One row per API key (SHA-256 of it) with its scopes.';
call app.protect('app.api_key');

create table app.audit_log (
    tenant_id uuid not null,
    id uuid not null,
    at timestamptz not null default now(),
    actor text not null,
    action text not null,
    target text not null,
    detail jsonb not null default '{}',
    primary key (tenant_id, id)
);
comment on table app.audit_log is 'One row per act that someone may have to answer for. Append-only; ids and hashes, no content.';
call app.protect('app.audit_log');

-- Log-in happens before a tenant is known, so these two look across tenants; they return one row at the most.
create policy login_reads on app.app_user for select to evosense_auth using (true);
create policy login_reads on app.tenant for select to evosense_auth using (true);
grant select on app.app_user, app.tenant to evosense_auth;

create function app.find_login(login_email text)
returns table (tenant_id uuid, user_id uuid, name text, role text, password_hash text, tenant_status text)
language sql stable security definer
set search_path = app, pg_catalog, pg_temp
as $$
    select u.tenant_id, u.user_id, u.name, u.role, u.password_hash, t.status
    from app.app_user as u
    inner join app.tenant as t on t.tenant_id = u.tenant_id
    where lower(u.email) = lower(login_email) and u.disabled_at is null
$$;
-- Rights first, owner last: once evosense_auth owns it, this role may no longer grant or revoke (Postgres only warns).
revoke all on function app.find_login(text) from public;
grant execute on function app.find_login(text) to evosense_api;
grant create on schema app to evosense_auth;
alter function app.find_login(text) owner to evosense_auth;
revoke create on schema app from evosense_auth;

grant select on app.plan to evosense_api, evosense_pipeline, evosense_analyst;
grant select on app.tenant to evosense_api;
grant select, insert, update on app.app_user, app.refresh_token, app.api_key to evosense_api;
grant select, insert on app.audit_log to evosense_api, evosense_pipeline;
grant select, insert on app.tenant_key to evosense_api;
grant select, insert, update, delete on
app.tenant, app.tenant_key, app.app_user, app.refresh_token, app.api_key to evosense_pipeline;
grant select on app.tenant to evosense_analyst;
