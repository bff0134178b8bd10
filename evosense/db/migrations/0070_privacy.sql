-- What people may ask of a company about their data (LGPD art. 18), what must not be deleted for now, what was deleted,
-- and who used the application (Marco Civil art. 15).

create table app.privacy_request (
    tenant_id uuid not null references app.tenant (tenant_id),
    id uuid not null,
    kind text not null check (kind in ('access', 'export', 'correct', 'erase')),
    state text not null default 'received'
    check (state in ('received', 'running', 'done', 'refused', 'canceled', 'failed')),
    -- HMACs of the person's address under every version of the identity key: the address itself is never stored.
    jid_hmacs bytea[] not null check (cardinality(jid_hmacs) > 0),
    -- The corrected name, encrypted; null for other kinds and once it is done.
    correction_enc bytea,
    requested_by text not null,
    requested_at timestamptz not null default now(),
    -- A complete answer is due within 15 days (LGPD art. 19, II).
    due_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    attempts smallint not null default 0,
    -- A code, never a text: why it was refused or failed.
    reason text,
    -- Rows by store: found, changed or deleted.
    counts jsonb not null default '{}',
    -- Canonical JSON, and the SHA-256 that names it; the previous one of the tenant is part of it.
    certificate bytea,
    certificate_hash text,
    primary key (tenant_id, id)
);
create index privacy_request_open on app.privacy_request (tenant_id, requested_at)
where state in ('received', 'running');
comment on table app.privacy_request is
'One row per request of a person about their data, kept as proof: ids, HMACs, counts and the certificate.';
call app.protect('app.privacy_request');

create table app.privacy_answer (
    tenant_id uuid not null,
    request_id uuid not null,
    -- A zip (JSON and CSV) encrypted with the tenant's data key.
    content_enc bytea not null,
    made_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (tenant_id, request_id),
    foreign key (tenant_id, request_id) references app.privacy_request (tenant_id, id)
);
comment on table app.privacy_answer is
'One row per answered access or export request: the person''s data, to be fetched within 15 days.';
call app.protect('app.privacy_answer');

create table app.legal_hold (
    tenant_id uuid not null references app.tenant (tenant_id),
    id uuid not null,
    -- HMACs of the person under every version of the identity key; null: everything of the company.
    jid_hmacs bytea[],
    reason text not null check (length(reason) between 1 and 500),
    placed_by text not null,
    placed_at timestamptz not null default now(),
    released_by text,
    released_at timestamptz,
    primary key (tenant_id, id)
);
create index legal_hold_open on app.legal_hold (tenant_id) where released_at is null;
comment on table app.legal_hold is
'One row per duty to keep: while it is open neither retention nor erasure touches what it names.';
call app.protect('app.legal_hold');

create table app.retention_run (
    tenant_id uuid not null references app.tenant (tenant_id),
    id uuid not null,
    -- Messages before it went; null where nothing may be deleted (see outcome).
    cutoff timestamptz,
    outcome text not null check (outcome in ('done', 'dry_run', 'unknown_plan', 'legal_hold', 'interrupted')),
    counts jsonb not null default '{}',
    frozen_days integer not null default 0,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    primary key (tenant_id, id)
);
create index retention_run_newest on app.retention_run (tenant_id, started_at desc);
comment on table app.retention_run is
'One row per tenant and run of retention: its cutoff and rows by store, counted first (dry_run) and then deleted (done).';
call app.protect('app.retention_run');

create table app.frozen_figure (
    tenant_id uuid not null,
    mart text not null,
    local_day date not null,
    -- Rows of the day in the order of their keys; a mart of one row a day has the number 1 only.
    row_no integer not null check (row_no > 0),
    -- The mart's row; null: fewer than five people stood behind it, so it was not kept.
    figures jsonb,
    frozen_at timestamptz not null default now(),
    primary key (tenant_id, mart, local_day, row_no)
);
comment on table app.frozen_figure is
'One row per row of a mart about a day whose messages retention deletes: the figures stay, the people do not (n >= 5).';
call app.protect('app.frozen_figure');

-- The marts' rows of a frozen day are the frozen ones, whatever asks for the day to be built again.
create function app.skip_frozen_day() returns trigger
language plpgsql
as $$
begin
    if exists (
        select from app.frozen_figure as f
        where f.tenant_id = new.tenant_id and f.local_day = new.local_day
    ) then
        return null;
    end if;
    return new;
end
$$;
create trigger stale_day_is_not_frozen before insert on app.stale_day
for each row execute function app.skip_frozen_day();

create table app.access_log (
    tenant_id uuid not null,
    id uuid not null,
    -- user:<id> or key:<id>
    actor text not null,
    address inet not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    requests integer not null check (requests > 0),
    primary key (tenant_id, id)
);
create index access_log_age on app.access_log (tenant_id, last_at);
comment on table app.access_log is
'One row per actor, address and stretch of use (Marco Civil art. 15): kept under secrecy for 6 months, then deleted; erasing a person does not touch it. No role of serving may read it.';
call app.protect('app.access_log');

grant select on app.privacy_request, app.privacy_answer, app.legal_hold, app.retention_run to evosense_api;
grant insert on app.privacy_request, app.legal_hold, app.access_log to evosense_api;
grant update (state, ended_at) on app.privacy_request to evosense_api;
grant update (released_by, released_at) on app.legal_hold to evosense_api;
grant select on app.frozen_figure, app.retention_run to evosense_api, evosense_analyst;
grant select, insert, update, delete on
app.privacy_request, app.privacy_answer, app.legal_hold, app.retention_run, app.frozen_figure, app.access_log
to evosense_pipeline;
