-- name: list_rules
-- One row per rule of tenant_id, the oldest first.
select
    r.rule_id,
    r.metric,
    r.condition,
    r.threshold,
    r.created_at
from app.alert_rule as r
where r.tenant_id = %(tenant_id)s
order by r.created_at, r.rule_id;

-- name: lock_rules
-- No row: two people who add rules to tenant_id at once do it one after the other, so that both are counted.
select pg_advisory_xact_lock(hashtextextended('app.alert_rule ' || %(tenant_id)s::text, 0));

-- name: add_rule
-- The rule of tenant_id, or the one that was there with the same metric, condition and threshold; no row where there
-- are most already.
with same as (
    select r.*
    from app.alert_rule as r
    where
        r.tenant_id = %(tenant_id)s
        and r.metric = %(metric)s
        and r.condition = %(condition)s
        and r.threshold = %(threshold)s
),

added as (
    insert into app.alert_rule (tenant_id, rule_id, metric, condition, threshold)
    select
        %(tenant_id)s,
        %(rule_id)s,
        %(metric)s,
        %(condition)s,
        %(threshold)s
    where
        not exists (select from same)
        and (select count(*) from app.alert_rule as r where r.tenant_id = %(tenant_id)s) < %(most)s
    returning rule_id, metric, condition, threshold, created_at
)

select
    s.rule_id,
    s.metric,
    s.condition,
    s.threshold,
    s.created_at
from same as s
union all
select
    a.rule_id,
    a.metric,
    a.condition,
    a.threshold,
    a.created_at
from added as a;

-- name: remove_rule
-- One row where tenant_id had the rule, none otherwise.
delete from app.alert_rule as r
where r.tenant_id = %(tenant_id)s and r.rule_id = %(rule_id)s
returning r.rule_id;

-- name: acknowledged
-- One row per metric of tenant_id's local_day that somebody has taken notice of: its name, when, and who.
select
    a.metric,
    a.acknowledged_at,
    u.name
from app.alert_acknowledgement as a
left join app.app_user as u on u.tenant_id = a.tenant_id and u.user_id = a.user_id
where a.tenant_id = %(tenant_id)s and a.local_day = %(local_day)s;

-- name: acknowledge
-- No row: user_id has taken notice of a metric of tenant_id's local_day; whoever did before stays.
insert into app.alert_acknowledgement (tenant_id, local_day, metric, user_id)
values (%(tenant_id)s, %(local_day)s, %(metric)s, %(user_id)s)
on conflict (tenant_id, local_day, metric) do nothing;

-- name: take_back
-- No row: nobody has taken notice of a metric of tenant_id's local_day.
delete from app.alert_acknowledgement as a
where a.tenant_id = %(tenant_id)s and a.local_day = %(local_day)s and a.metric = %(metric)s;
