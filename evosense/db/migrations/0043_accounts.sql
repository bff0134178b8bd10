-- Invitations and forgotten passwords by link, and what a company says about itself.

alter table app.tenant add column locale text not null default 'pt-BR' check (locale in ('pt-BR', 'en', 'es'));
comment on column app.tenant.locale is 'Language of mails and reports.';

create table app.invitation (
    tenant_id uuid not null references app.tenant (tenant_id),
    invitation_id uuid not null,
    token_hash bytea not null,
    email text not null check (length(email) between 3 and 254),
    role text not null check (role in ('admin', 'operator', 'analyst')),
    invited_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    accepted_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, invitation_id),
    unique (tenant_id, token_hash)
);
-- One open invitation per address; a second one replaces the first.
create unique index invitation_open on app.invitation (tenant_id, lower(email))
where accepted_at is null and revoked_at is null;
comment on table app.invitation is
'One row per invitation (SHA-256 of its link''s token). While it is open it holds a place of the plan.';
call app.protect('app.invitation');

create table app.password_reset (
    tenant_id uuid not null,
    token_hash bytea not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (tenant_id, token_hash),
    foreign key (tenant_id, user_id) references app.app_user (tenant_id, user_id) on delete cascade
);
create index password_reset_of_person on app.password_reset (tenant_id, user_id);
comment on table app.password_reset is
'One row per link for a forgotten password (SHA-256 of its token). Single use; using one ends the others.';
call app.protect('app.password_reset');

grant select, insert, update on app.invitation, app.password_reset to evosense_api;
grant select, insert, update, delete on app.invitation, app.password_reset to evosense_pipeline;
-- Who is removed is really gone.
grant delete on app.app_user, app.refresh_token to evosense_api;
grant update (name, timezone, locale) on app.tenant to evosense_api;
-- Another timezone cuts the days elsewhere: all of them are computed again.
grant insert, update on app.stale_day, app.stale_chat to evosense_api;
