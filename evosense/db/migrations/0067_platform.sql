-- The people who run the platform. They belong to no company, and no company's role can read them.

create table app.platform_admin (
    admin_id uuid primary key,
    email text not null check (length(email) between 3 and 254),
    name text not null check (length(name) between 1 and 150),
    password_hash text not null,
    created_at timestamptz not null default now(),
    last_login_at timestamptz,
    disabled_at timestamptz
);
create unique index platform_admin_email_key on app.platform_admin (lower(email));
comment on table app.platform_admin is 'One row per person who runs the platform; made on the command line only.';

grant select, insert, update, delete on app.platform_admin to evosense_pipeline;
grant select, update (last_login_at, password_hash) on app.platform_admin to evosense_platform;

-- What they see of a company: itself, its bill's state, how many people and connections it has.
create policy platform_rows on app.tenant to evosense_platform using (true) with check (true);
create policy platform_reads on app.app_user for select to evosense_platform using (true);
create policy platform_reads on app.connection for select to evosense_platform using (true);
create policy platform_reads on app.payment_account for select to evosense_platform using (true);
create policy platform_rows on app.tenant_limit to evosense_platform using (true) with check (true);
grant select on app.plan, app.tenant, app.tenant_limit to evosense_platform;
grant select (tenant_id, user_id, email, disabled_at) on app.app_user to evosense_platform;
grant select (tenant_id, id, is_active, deleted_at, last_event_at) on app.connection to evosense_platform;
grant select (tenant_id, managed_by, access, status) on app.payment_account to evosense_platform;
-- What they do: open a company and invite its first administrator, look after contracts. Each act is audited.
grant insert, update (status, plan_id) on app.tenant to evosense_platform;
grant insert, update on app.tenant_limit to evosense_platform;
create policy platform_adds on app.tenant_key for insert to evosense_platform with check (true);
grant insert on app.tenant_key to evosense_platform;
create policy platform_rows on app.invitation to evosense_platform using (true) with check (true);
grant insert on app.invitation to evosense_platform;
-- Their acts only, theirs to write and to read; a company's administrators see those that concern it, too.
create policy platform_acts on app.audit_log to evosense_platform
using (actor like 'platform:%') with check (actor like 'platform:%');
grant select, insert on app.audit_log to evosense_platform;
