-- name: plans
-- One row per plan (the same for every tenant_id): price, limits and the products inside.
select
    p.plan_id,
    p.name,
    p.price_cents,
    p.currency,
    p.lookup_key,
    p.max_connections as connections,
    p.max_users as users,
    p.max_contacts as contacts,
    p.max_exports_per_day as exports,
    p.max_campaigns_per_month as campaigns,
    p.retention_days,
    p.store_raw_text,
    p.embeddings,
    p.trial_days,
    p.position,
    array(select pp.product_id from app.plan_product as pp where pp.plan_id = p.plan_id order by pp.product_id) as products
from app.plan as p
order by p.position, p.plan_id;

-- name: addons
-- One row per add-on.
select
    a.addon_id,
    a.name,
    a.product_id,
    a.meter,
    a.amount,
    a.price_cents,
    a.currency,
    a.lookup_key
from app.addon as a
order by a.addon_id;

-- name: products
-- One row per product.
select
    p.product_id,
    p.name
from app.product as p
order by p.product_id;

-- name: contract
-- One row per limit that a contract sets for the tenant.
select
    l.meter,
    l.value
from app.tenant_limit as l
where l.tenant_id = %(tenant_id)s;

-- name: lock_limit
-- One row: this transaction alone counts the meter of this tenant_id until it ends.
select pg_advisory_xact_lock(hashtextextended('limit:' || %(tenant_id)s::text || ':' || %(meter)s, 0));

-- name: count_connections
-- One row: connections of the tenant that are in use.
select count(*)::int from app.connection as c
where c.tenant_id = %(tenant_id)s and c.deleted_at is null and c.is_active;

-- name: count_users
-- One row: people of the tenant who may log in, and those who were invited to.
select
    (
        select count(*) from app.app_user as u
        where u.tenant_id = %(tenant_id)s and u.disabled_at is null
    )::int + (
        select count(*) from app.invitation as i
        where
            i.tenant_id = %(tenant_id)s and i.accepted_at is null and i.revoked_at is null
            and i.expires_at > now()
    )::int;

-- name: count_contacts
-- One row: contacts of the tenant.
select count(*)::int from app.contact as c where c.tenant_id = %(tenant_id)s;

-- name: local_period
-- One row: the tenant's local day and the first day of its local month at an instant.
select
    (%(now)s::timestamptz at time zone t.timezone)::date as local_day,
    date_trunc('month', %(now)s::timestamptz at time zone t.timezone)::date as local_month
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: take
-- One row when the counter could be raised within the limit (null: none), no row when it is used up.
insert into app.usage_counter as c (tenant_id, meter, period, used)
select %(tenant_id)s, %(meter)s, %(period)s, %(amount)s
where %(limit)s::int is null or %(amount)s <= %(limit)s
on conflict (tenant_id, meter, period) do update
    set used = c.used + excluded.used
    where %(limit)s::int is null or c.used + excluded.used <= %(limit)s
returning c.used;

-- name: used
-- One row: how much of a metered thing the tenant used in a period.
select coalesce(max(c.used), 0)::int from app.usage_counter as c
where c.tenant_id = %(tenant_id)s and c.meter = %(meter)s and c.period = %(period)s;

-- name: give_back
-- No row: what was taken is given back because the work did not happen.
update app.usage_counter set used = greatest(used - %(amount)s, 0)
where tenant_id = %(tenant_id)s and meter = %(meter)s and period = %(period)s;

-- name: connection_is_active
-- At most one row: whether a connection of the tenant_id is listened to; locked against a second switch.
select c.is_active
from app.connection as c
where c.tenant_id = %(tenant_id)s and c.id = %(connection_id)s and c.deleted_at is null
for update;

-- name: set_contract_limit
-- No row: what a contract with the tenant says about a meter.
insert into app.tenant_limit as l (tenant_id, meter, value, reason)
values (%(tenant_id)s, %(meter)s, %(value)s, %(reason)s)
on conflict (tenant_id, meter) do update set value = excluded.value, reason = excluded.reason, set_at = now();
