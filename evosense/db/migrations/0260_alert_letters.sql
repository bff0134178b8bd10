-- Who gets the alerts by mail as well.
create table app.alert_reader (
    tenant_id uuid not null,
    user_id uuid not null,
    -- The last local day whose alerts were mailed to them, or of which there was nothing to tell.
    told_day date,
    created_at timestamptz not null default now(),
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references app.app_user (tenant_id, user_id) on delete cascade
);
comment on table app.alert_reader is
'One row per person who wants the alerts of the day before in their mail every morning, and the last day told.';
call app.protect('app.alert_reader');
grant select, insert, delete on app.alert_reader to evosense_api;
grant select, update, delete on app.alert_reader to evosense_pipeline;
