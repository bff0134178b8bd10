-- Dispatching work to several AI backends: claims apart from failed calls, what a given-up call was for, and the
-- ordered list of backends of each tenant.

-- Leases since the last answer or recorded failure: grows when workers die, and only then.
alter table app.ai_task add column claims smallint not null default 0;
comment on column app.ai_task.attempts is 'Calls that failed; a worker that died is no failed call (see claims).';

-- What the work was, so that it can be asked for again exactly. Null for work that is not the models'.
alter table app.failed_task
add column purpose text,
add column prompt_hash text,
add column config_hash text,
add column replicate smallint,
add column run_id uuid,
add column lane smallint;

create table app.ai_backend (
    -- 0… means everybody without a list of their own.
    tenant_id uuid not null,
    name text not null check (name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    -- Lower goes first; the next one takes over while the former's breaker is open.
    position smallint not null,
    provider text not null check (provider in ('embedded', 'n8n', 'ollama', 'openai', 'mcp', 'student')),
    url text,
    model text,
    -- The name of a secret in AI_SECRETS, never the secret.
    secret_name text,
    slots smallint not null default 16 check (slots between 1 and 256),
    timeout_seconds real not null default 3 check (timeout_seconds > 0),
    -- US dollars per million tokens, to price calls and runs.
    usd_per_mtok_in real not null default 0 check (usd_per_mtok_in >= 0),
    usd_per_mtok_out real not null default 0 check (usd_per_mtok_out >= 0),
    -- num_ctx, temperature, header, tool … as the provider understands them.
    params jsonb not null default '{}',
    created_at timestamptz not null default now(),
    primary key (tenant_id, name),
    unique (tenant_id, position) deferrable initially deferred
);
comment on table app.ai_backend is
'One row per tenant and AI backend, in the order in which they are asked. Without rows, the settings decide.';
call app.protect('app.ai_backend', true);
grant select, insert, update, delete on app.ai_backend to evosense_pipeline;
grant select on app.ai_backend to evosense_api;
