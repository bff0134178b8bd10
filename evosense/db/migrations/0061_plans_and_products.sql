-- What is sold: plans, the products inside them, and what can be added. Rows, not code.

alter table app.plan
add column currency text not null default 'brl' check (currency ~ '^[a-z]{3}$'),
add column lookup_key text unique,
add column is_public boolean not null default true,
add column position smallint not null default 0;
comment on column app.plan.lookup_key is 'Lookup key of the Stripe price; null means sold by contract.';

update app.plan set lookup_key = 'evosense_starter_month_brl', position = 1 where plan_id = 'starter';
update app.plan set lookup_key = 'evosense_pro_month_brl', position = 2 where plan_id = 'pro';
update app.plan set lookup_key = 'evosense_scale_month_brl', position = 3 where plan_id = 'scale';
update app.plan set position = 4 where plan_id = 'enterprise';

create table app.product (
    product_id text primary key check (product_id ~ '^[a-z_]+$'),
    name text not null
);
comment on table app.product is 'One row per product: a part of the platform that a plan includes or an add-on opens.';

insert into app.product (product_id, name) values
('sense', 'EvoSense Analytics'),
('flow', 'EvoSense Campanhas'),
('api', 'EvoSense API'),
('notifications', 'EvoSense Notificações');

create table app.plan_product (
    plan_id text not null references app.plan (plan_id),
    product_id text not null references app.product (product_id),
    primary key (plan_id, product_id)
);
comment on table app.plan_product is 'One row per product that a plan includes in its base price.';

insert into app.plan_product (plan_id, product_id) values
('starter', 'sense'),
('pro', 'sense'), ('pro', 'notifications'),
('scale', 'sense'), ('scale', 'notifications'), ('scale', 'api'),
('enterprise', 'sense'), ('enterprise', 'notifications'), ('enterprise', 'api'), ('enterprise', 'flow');

create table app.addon (
    addon_id text primary key check (addon_id ~ '^[a-z_]+$'),
    name text not null,
    product_id text references app.product (product_id),
    meter text check (meter in ('connections', 'users', 'contacts', 'exports', 'campaigns')),
    -- What one unit adds to the meter's limit.
    amount integer check (amount > 0),
    price_cents integer not null check (price_cents >= 0),
    currency text not null default 'brl' check (currency ~ '^[a-z]{3}$'),
    lookup_key text not null unique,
    check ((product_id is null) <> (meter is null) and (meter is null) = (amount is null))
);
comment on table app.addon is
'One row per add-on: a further item of the subscription that opens a product or raises a limit.';

insert into app.addon (addon_id, name, product_id, meter, amount, price_cents, lookup_key) values
('flow', 'Campanhas', 'flow', null, null, 14900, 'evosense_addon_flow_month_brl'),
('api', 'API pública', 'api', null, null, 9900, 'evosense_addon_api_month_brl'),
('notifications', 'Notificações', 'notifications', null, null, 4900, 'evosense_addon_notifications_month_brl'),
('connection', 'Conexão extra', null, 'connections', 1, 7900, 'evosense_addon_connection_month_brl');

create table app.tenant_limit (
    tenant_id uuid not null references app.tenant (tenant_id),
    meter text not null check (meter in ('connections', 'users', 'contacts', 'exports', 'campaigns')),
    -- Null: no limit at all.
    value integer check (value >= 0),
    reason text not null,
    set_at timestamptz not null default now(),
    primary key (tenant_id, meter)
);
comment on table app.tenant_limit is
'One row per limit that a contract sets for a tenant; it goes before the plan and its add-ons.';
call app.protect('app.tenant_limit');

create table app.usage_counter (
    tenant_id uuid not null references app.tenant (tenant_id),
    meter text not null check (meter in ('exports', 'campaigns')),
    -- The tenant's local day (exports) or the first day of its local month (campaigns).
    period date not null,
    used integer not null check (used >= 0),
    primary key (tenant_id, meter, period)
);
comment on table app.usage_counter is
'One row per metered thing and period: raised in the transaction that uses it, so it can not pass its limit.';
call app.protect('app.usage_counter');

grant select on app.product, app.plan_product, app.addon to evosense_api, evosense_pipeline, evosense_analyst;
grant select on app.tenant_limit, app.usage_counter to evosense_api, evosense_analyst;
grant insert, update on app.usage_counter to evosense_api;
grant select, insert, update, delete on app.tenant_limit, app.usage_counter to evosense_pipeline;
