-- Work over past days, asked for by people, the command line or the nightly repair, done by Dagster.

create table app.backfill_request (
    -- app.everyone(): all tenants, asked for by an operator or a schedule; a tenant's own otherwise.
    tenant_id uuid not null,
    id uuid not null,
    kind text not null check (kind in ('scoring', 'embeddings', 'warehouse')),
    first_day date not null,
    last_day date not null check (last_day >= first_day),
    state text not null default 'requested' check (state in ('requested', 'running', 'done', 'failed', 'canceled')),
    requested_by text not null,
    requested_at timestamptz not null default now(),
    attempts smallint not null default 0,
    -- Dagster's run; who looks for details finds them there.
    run_id text,
    started_at timestamptz,
    ended_at timestamptz,
    -- Messages or days that were asked for, and those that are settled or built.
    items integer not null default 0,
    items_done integer not null default 0,
    -- A class, never a text.
    error_class text,
    primary key (tenant_id, id)
);
create index backfill_request_open on app.backfill_request (tenant_id, requested_at)
where state in ('requested', 'running');
comment on table app.backfill_request is
'One row per stretch of local days to be worked on again. A sensor launches one run for each; running it again does only what is missing.';
call app.protect('app.backfill_request');

grant select, insert on app.backfill_request to evosense_api;
grant update (state, ended_at) on app.backfill_request to evosense_api;
grant select, insert, update, delete on app.backfill_request to evosense_pipeline;
grant select on app.backfill_request to evosense_analyst;
