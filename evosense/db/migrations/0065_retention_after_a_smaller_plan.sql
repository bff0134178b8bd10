-- A smaller plan keeps messages for fewer days. What it would erase stays for 30 days more, so a change of plan that
-- was a mistake, or was taken back, costs nobody their history.

create function app.retention_days(of_tenant uuid, seen_from timestamptz default now()) returns integer
language sql stable
set search_path = app, pg_catalog, pg_temp
as $$
    select max(p.retention_days)
    from app.plan as p
    where p.plan_id in (
        select t.plan_id from app.tenant as t where t.tenant_id = of_tenant
        union all
        select a.detail -> 'plan' ->> 0
        from app.audit_log as a
        where
            a.tenant_id = of_tenant and a.action = 'standing_changed'
            and a.at > seen_from - interval '30 days'
    )
$$;
comment on function app.retention_days(uuid, timestamptz) is
'Days for which a tenant''s messages are kept at that time: the longest of its plan and the plans it had in the last 30 days; null for an unknown tenant (erase nothing then).';
