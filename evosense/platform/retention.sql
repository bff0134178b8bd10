-- name: is_there
-- One row: whether the warehouse has been built.
select count(*) > 0 as is_there
from pg_catalog.pg_tables as t
where t.schemaname = 'analytics' and t.tablename = 'fct_tenant_months';

-- name: cohorts
-- One row per month of the first paid invoice and month since, over every tenant_id: how many tenants began, how many
-- of them were there at the end of the month, and what they paid for it; null while the month is not over for all.
select
    m.signup_month,
    m.months_after,
    count(m.tenant_id) as tenants,
    case when bool_and(m.is_retained is not null) then count(*) filter (where m.is_retained) end as retained,
    case when bool_and(m.is_retained is not null) then sum(m.revenue_cents)::bigint end as revenue_cents
from analytics.fct_tenant_months as m
group by m.signup_month, m.months_after
order by m.signup_month, m.months_after;
