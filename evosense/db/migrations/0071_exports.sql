-- Exports are streamed from the tables when they are fetched and never stored, so retention and erasure have no copy to
-- find; what is kept is who asked for what. Reports are exports that a schedule asks for.

create table app.report_schedule (
    tenant_id uuid not null references app.tenant (tenant_id),
    id uuid not null,
    name text not null check (length(name) between 1 and 80),
    dataset text not null check (dataset in ('conversations', 'messages', 'daily_kpis')),
    format text not null check (format in ('csv', 'parquet', 'json')),
    -- The period that is over: the day, the ISO week or the month before.
    every text not null check (every in ('day', 'week', 'month')),
    created_by text not null,
    created_at timestamptz not null default now(),
    last_period date,
    deleted_at timestamptz,
    primary key (tenant_id, id)
);
comment on table app.report_schedule is
'One row per report that is made by itself after each day, week or month of the tenant''s calendar.';
call app.protect('app.report_schedule');

create table app.export_job (
    tenant_id uuid not null references app.tenant (tenant_id),
    id uuid not null,
    dataset text not null check (dataset in ('conversations', 'messages', 'daily_kpis')),
    format text not null check (format in ('csv', 'parquet', 'json')),
    first_day date not null,
    last_day date not null check (last_day >= first_day),
    -- ready: its link can be fetched until expires_at; refused: the plan's limit was reached.
    state text not null default 'ready' check (state in ('ready', 'streaming', 'done', 'failed', 'refused')),
    schedule_id uuid,
    requested_by text not null,
    requested_at timestamptz not null default now(),
    expires_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    rows_total bigint,
    rows_done bigint not null default 0,
    bytes_done bigint not null default 0,
    fetches integer not null default 0,
    primary key (tenant_id, id)
);
create index export_job_newest on app.export_job (tenant_id, requested_at desc);
comment on table app.export_job is
'One row per export: what was asked for, by whom, and how far its latest fetch is. It holds no data of anybody.';
call app.protect('app.export_job');

grant select, insert, update on app.report_schedule, app.export_job to evosense_api;
grant select, insert, update, delete on app.report_schedule, app.export_job to evosense_pipeline;
-- An export from the marts (one row a conversation) joins what serving may read already.
