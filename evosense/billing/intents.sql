-- name: begin
-- One row when the wish is ours to carry out; no row while another wish of the tenant is open.
insert into app.billing_intent (tenant_id, intent_id, kind, params, lease_until, created_by)
values (%(tenant_id)s, %(intent_id)s, %(kind)s, %(params)s, %(lease_until)s, %(created_by)s)
on conflict (tenant_id) where state = 'pending' do nothing
returning intent_id;

-- name: open_intent
-- At most one row: the open wish of the tenant, locked.
select
    i.intent_id,
    i.kind,
    i.params,
    i.lease_until,
    i.created_at
from app.billing_intent as i
where i.tenant_id = %(tenant_id)s and i.state = 'pending'
for update;

-- name: extend
-- No row: a wish is carried out once more, by the same id.
update app.billing_intent set lease_until = %(lease_until)s
where tenant_id = %(tenant_id)s and intent_id = %(intent_id)s and state = 'pending';

-- name: finish
-- No row: a wish is over.
update app.billing_intent
set state = %(state)s, result_id = %(result_id)s, finished_at = now()
where tenant_id = %(tenant_id)s and intent_id = %(intent_id)s and state = 'pending';

-- name: recent_checkouts
-- One row per checkout page of the last day that may still be open.
select
    i.intent_id,
    i.params,
    i.result_id
from app.billing_intent as i
where
    i.tenant_id = %(tenant_id)s and i.kind = 'checkout' and i.state = 'done'
    and i.result_id is not null and i.created_at > %(since)s
order by i.created_at desc;

-- name: agreed_to_reduce
-- One row when the last change of plan of the tenant asked for this plan and agreed to switch connections off.
select 1
from (
    select i.params
    from app.billing_intent as i
    where i.tenant_id = %(tenant_id)s and i.kind = 'change_plan' and i.state = 'done'
    order by i.created_at desc
    limit 1
) as last
where last.params ->> 'plan_id' = %(plan_id)s and (last.params ->> 'reduce')::boolean;

-- name: switch_off_newest
-- One row per connection switched off: the newest ones above the number to keep.
update app.connection as c
set
    is_active = false, state = 'stopped', state_reason = 'plan_limit',
    state_at = now()
where
    c.tenant_id = %(tenant_id)s
    and c.id in (
        select k.id
        from app.connection as k
        where k.tenant_id = %(tenant_id)s and k.deleted_at is null and k.is_active
        order by k.created_at, k.id
        offset %(keep)s
    )
returning c.id;
