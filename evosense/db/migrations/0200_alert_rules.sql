-- What a company wants to be told of beside what is out of the ordinary.
create table app.alert_rule (
    tenant_id uuid not null references app.tenant (tenant_id),
    rule_id uuid not null,
    -- A name of the registry of metrics, which knows more than a check here could.
    metric text not null check (length(metric) between 1 and 60),
    condition text not null check (condition in ('above', 'below', 'rises', 'falls')),
    -- In the metric's unit for above and below, percent of the usual for rises and falls.
    threshold double precision not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, rule_id),
    unique (tenant_id, metric, condition, threshold)
);
comment on table app.alert_rule is
'One row per rule of a company: a metric and what a day of it must be like to be told of.';
call app.protect('app.alert_rule');
grant select, insert, delete on app.alert_rule to evosense_api;
grant select, insert, delete on app.alert_rule to evosense_pipeline;

create table app.alert_acknowledgement (
    tenant_id uuid not null references app.tenant (tenant_id),
    local_day date not null,
    metric text not null check (length(metric) between 1 and 60),
    user_id uuid,
    acknowledged_at timestamptz not null default now(),
    primary key (tenant_id, local_day, metric),
    foreign key (tenant_id, user_id) references app.app_user (tenant_id, user_id) on delete set null (user_id)
);
comment on table app.alert_acknowledgement is
'One row per metric and local day whose alerts somebody has taken notice of; who, as long as they are there.';
call app.protect('app.alert_acknowledgement');
grant select, insert, delete on app.alert_acknowledgement to evosense_api;
grant select, delete on app.alert_acknowledgement to evosense_pipeline;
