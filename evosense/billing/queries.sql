-- name: account_by_customer
-- At most one row: the tenant_id behind a Stripe customer, and the mode its account was made in.
select
    a.tenant_id,
    a.livemode
from app.payment_account as a
where a.stripe_customer_id = %(customer_id)s;

-- name: account
-- At most one row: how the tenant is billed.
select
    a.tenant_id,
    a.managed_by,
    a.stripe_customer_id,
    a.livemode,
    a.status,
    a.access,
    a.subscription_id,
    a.period_start,
    a.period_end,
    a.paid_until,
    a.trial_ends_at,
    a.past_due_since,
    a.purge_after,
    a.synced_at
from app.payment_account as a
where a.tenant_id = %(tenant_id)s;

-- name: access
-- At most one row: the tenant's status and what its subscription leaves it (full where nobody is billed).
select
    t.status,
    case when a.managed_by = 'stripe' then a.access else 'full' end as access
from app.tenant as t
left join app.payment_account as a on a.tenant_id = t.tenant_id
where t.tenant_id = %(tenant_id)s;

-- name: accounts
-- One row per tenant_id that Stripe looks after, in id order.
select
    a.tenant_id,
    a.stripe_customer_id
from app.payment_account as a
where a.managed_by = 'stripe'
order by a.tenant_id;

-- name: bind_customer
-- One row when the tenant has this customer now; no row when it has another one already.
insert into app.payment_account as a (tenant_id, stripe_customer_id, livemode)
values (%(tenant_id)s, %(customer_id)s, %(livemode)s)
on conflict (tenant_id) do update
    set stripe_customer_id = excluded.stripe_customer_id
    where a.stripe_customer_id is null or a.stripe_customer_id = excluded.stripe_customer_id
returning a.tenant_id;

-- name: open_account
-- No row: the tenant is billed from now on, with a trial of its own; an existing account is left alone.
insert into app.payment_account (tenant_id, managed_by, livemode, trial_ends_at)
values (%(tenant_id)s, %(managed_by)s, %(livemode)s, %(trial_ends_at)s)
on conflict (tenant_id) do nothing;

-- name: promise_trial
-- One row when a trial is promised now; no row where one was before, or where a subscription or contract decides.
insert into app.payment_account as a (tenant_id, livemode, trial_ends_at)
values (%(tenant_id)s, %(livemode)s, %(trial_ends_at)s)
on conflict (tenant_id) do update
    set trial_ends_at = excluded.trial_ends_at
    where a.trial_ends_at is null and a.subscription_id is null and a.managed_by = 'stripe'
returning a.tenant_id;

-- name: set_management
-- No row: who looks after the tenant, and until when it needs no subscription.
update app.payment_account
set managed_by = %(managed_by)s, trial_ends_at = %(trial_ends_at)s
where tenant_id = %(tenant_id)s;

-- name: is_anybody_billed
-- One row: whether any tenant_id stands as its subscription or trial says.
select exists(select a.tenant_id from app.payment_account as a where a.managed_by = 'stripe');

-- name: put_subscription
-- One row when the observation is the newest one (a final state never gives way to another), else none.
insert into app.subscription as s (
    tenant_id, subscription_id, status, plan_id, kept_plan_id, kept_until, collection_method, created_at,
    period_start, period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at, trial_ends_at,
    observed_at, observed_by
) values (
    %(tenant_id)s, %(subscription_id)s, %(status)s, %(plan_id)s, %(kept_plan_id)s, %(kept_until)s,
    %(collection_method)s, %(created_at)s, %(period_start)s, %(period_end)s, %(cancel_at_period_end)s,
    %(cancel_at)s, %(canceled_at)s, %(ended_at)s, %(trial_ends_at)s, %(observed_at)s, %(observed_by)s
)
on conflict (tenant_id, subscription_id) do update
    set
        status = excluded.status,
        plan_id = excluded.plan_id,
        kept_plan_id = excluded.kept_plan_id,
        kept_until = excluded.kept_until,
        collection_method = excluded.collection_method,
        created_at = excluded.created_at,
        period_start = excluded.period_start,
        period_end = excluded.period_end,
        cancel_at_period_end = excluded.cancel_at_period_end,
        cancel_at = excluded.cancel_at,
        canceled_at = excluded.canceled_at,
        ended_at = excluded.ended_at,
        trial_ends_at = excluded.trial_ends_at,
        observed_at = excluded.observed_at,
        observed_by = excluded.observed_by
    where
    (
        excluded.status in ('canceled', 'incomplete_expired'),
        excluded.observed_at,
        excluded.observed_by collate "C"
    ) >= (s.status in ('canceled', 'incomplete_expired'), s.observed_at, s.observed_by collate "C")
returning s.subscription_id;

-- name: drop_items
-- No row: the items of a subscription that were seen before and are gone.
delete from app.subscription_item
where
    tenant_id = %(tenant_id)s and subscription_id = %(subscription_id)s
    and item_id <> all(%(item_ids)s::text[]);

-- name: put_items
-- No row: the items of a subscription as they are.
insert into app.subscription_item as i (
    tenant_id, subscription_id, item_id, lookup_key, quantity, unit_amount_cents, recurring_interval,
    recurring_interval_count
)
select
    %(tenant_id)s, %(subscription_id)s, n.item_id, n.lookup_key, n.quantity, n.unit_amount_cents,
    n.recurring_interval, n.recurring_interval_count
from
    unnest(
        %(item_ids)s::text[], %(lookup_keys)s::text[], %(quantities)s::int[], %(unit_amounts)s::int[],
        %(intervals)s::text[], %(interval_counts)s::int[]
    ) as n (item_id, lookup_key, quantity, unit_amount_cents, recurring_interval, recurring_interval_count)
on conflict (tenant_id, subscription_id, item_id) do update set
    lookup_key = excluded.lookup_key,
    quantity = excluded.quantity,
    unit_amount_cents = excluded.unit_amount_cents,
    recurring_interval = excluded.recurring_interval,
    recurring_interval_count = excluded.recurring_interval_count;

-- name: put_invoice
-- No row: an invoice as observed, unless a newer observation is stored; paid and void stay so.
insert into app.invoice as i (
    tenant_id, invoice_id, subscription_id, status, reason, currency, amount_due_cents, amount_paid_cents,
    attempt_count, next_payment_attempt, created_at, finalized_at, due_at, paid_at, period_start, period_end,
    observed_at, observed_by
) values (
    %(tenant_id)s, %(invoice_id)s, %(subscription_id)s, %(status)s, %(reason)s, %(currency)s, %(amount_due_cents)s,
    %(amount_paid_cents)s, %(attempt_count)s, %(next_payment_attempt)s, %(created_at)s, %(finalized_at)s,
    %(due_at)s, %(paid_at)s, %(period_start)s, %(period_end)s, %(observed_at)s, %(observed_by)s
)
on conflict (tenant_id, invoice_id) do update set
    subscription_id = excluded.subscription_id,
    status = excluded.status,
    reason = excluded.reason,
    currency = excluded.currency,
    amount_due_cents = excluded.amount_due_cents,
    amount_paid_cents = excluded.amount_paid_cents,
    attempt_count = excluded.attempt_count,
    next_payment_attempt = excluded.next_payment_attempt,
    created_at = excluded.created_at,
    finalized_at = excluded.finalized_at,
    due_at = excluded.due_at,
    paid_at = excluded.paid_at,
    period_start = excluded.period_start,
    period_end = excluded.period_end,
    observed_at = excluded.observed_at,
    observed_by = excluded.observed_by
where
(excluded.status in ('paid', 'void'), excluded.observed_at, excluded.observed_by collate "C")
>= (i.status in ('paid', 'void'), i.observed_at, i.observed_by collate "C");

-- name: subscriptions
-- One row per subscription of the tenant, with its items as JSON.
select
    s.subscription_id,
    s.status,
    s.collection_method,
    s.created_at,
    s.period_start,
    s.period_end,
    s.cancel_at_period_end,
    s.cancel_at,
    s.canceled_at,
    s.ended_at,
    s.trial_ends_at,
    s.plan_id as plan_hint,
    s.kept_plan_id,
    s.kept_until,
    coalesce(
        (
            select
                jsonb_agg(
                    jsonb_build_object(
                        'item_id', i.item_id, 'lookup_key', i.lookup_key, 'quantity', i.quantity,
                        'unit_amount_cents', i.unit_amount_cents, 'interval', i.recurring_interval,
                        'interval_count', i.recurring_interval_count
                    ) order by i.item_id
                )
            from app.subscription_item as i
            where i.tenant_id = s.tenant_id and i.subscription_id = s.subscription_id
        ), '[]'
    ) as items
from app.subscription as s
where s.tenant_id = %(tenant_id)s
order by s.created_at desc, s.subscription_id asc;

-- name: invoices
-- One row per invoice of the tenant, the newest first.
select
    i.invoice_id,
    i.status,
    i.currency,
    i.amount_due_cents,
    i.amount_paid_cents,
    i.attempt_count,
    i.created_at,
    i.subscription_id,
    i.reason,
    i.next_payment_attempt,
    i.finalized_at,
    i.due_at,
    i.paid_at,
    i.period_start,
    i.period_end
from app.invoice as i
where i.tenant_id = %(tenant_id)s
order by i.created_at desc, i.invoice_id asc
limit %(limit)s;

-- name: lock_tenant
-- One row: the tenant's plan and status, held until the transaction ends.
select
    t.plan_id,
    t.status
from app.tenant as t
where t.tenant_id = %(tenant_id)s
for no key update;

-- name: set_tenant
-- No row: the tenant's plan and status.
update app.tenant set plan_id = %(plan_id)s, status = %(status)s where tenant_id = %(tenant_id)s;

-- name: set_account
-- No row: what follows from the subscription.
update app.payment_account
set
    status = %(status)s,
    access = %(access)s,
    subscription_id = %(subscription_id)s,
    period_start = %(period_start)s,
    period_end = %(period_end)s,
    paid_until = %(paid_until)s,
    past_due_since = %(past_due_since)s,
    purge_after = %(purge_after)s,
    synced_at = %(synced_at)s
where tenant_id = %(tenant_id)s;

-- name: add_billing_events
-- No row: events join the tenant's billing history, each once.
insert into app.billing_event (tenant_id, event_id, type, object_id, created_at)
select %(tenant_id)s, n.event_id, n.type, n.object_id, n.created_at
from
    unnest(%(event_ids)s::text[], %(types)s::text[], %(object_ids)s::text[], %(created_ats)s::timestamptz[])
        as n (event_id, type, object_id, created_at)
on conflict do nothing;
