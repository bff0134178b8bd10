-- What Stripe says about a tenant, projected; what we asked Stripe to do; what the tenant was told.

create table app.payment_account (
    tenant_id uuid primary key references app.tenant (tenant_id),
    -- A contract is looked after by people: the state machine never moves its tenant.
    managed_by text not null default 'stripe' check (managed_by in ('stripe', 'contract')),
    stripe_customer_id text,
    livemode boolean not null,
    status text not null default 'none' check (status in ('none', 'pending', 'active', 'expired', 'cancelled')),
    access text not null default 'full' check (access in ('full', 'read_only', 'none')),
    subscription_id text,
    period_start timestamptz,
    period_end timestamptz,
    paid_until timestamptz,
    -- The end of our own trial, before any subscription; null: none was promised.
    trial_ends_at timestamptz,
    past_due_since timestamptz,
    purge_after timestamptz,
    created_at timestamptz not null default now(),
    synced_at timestamptz
);
-- Global on purpose: an event of Stripe names a customer, and a customer belongs to one tenant only.
create unique index payment_account_customer_key on app.payment_account (stripe_customer_id);
comment on table app.payment_account is
'One row per tenant that is billed: its Stripe customer and the state that follows from its subscription.';
call app.protect('app.payment_account');

create table app.subscription (
    tenant_id uuid not null references app.tenant (tenant_id),
    subscription_id text not null,
    status text not null check (status in (
        'incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled'
    )),
    plan_id text references app.plan (plan_id),
    -- A downgrade keeps the larger plan until the paid period ends.
    kept_plan_id text references app.plan (plan_id),
    kept_until timestamptz,
    collection_method text not null,
    created_at timestamptz not null,
    period_start timestamptz,
    period_end timestamptz,
    cancel_at_period_end boolean not null,
    cancel_at timestamptz,
    canceled_at timestamptz,
    ended_at timestamptz,
    trial_ends_at timestamptz,
    -- Which observation this row shows: the newest one wins, a canceled subscription stays canceled.
    observed_at timestamptz not null,
    observed_by text not null,
    primary key (tenant_id, subscription_id)
);
comment on table app.subscription is 'One row per Stripe subscription of a tenant, as last observed.';
call app.protect('app.subscription');

create table app.subscription_item (
    tenant_id uuid not null,
    subscription_id text not null,
    item_id text not null,
    lookup_key text,
    quantity integer not null check (quantity >= 0),
    unit_amount_cents integer,
    recurring_interval text,
    recurring_interval_count integer,
    primary key (tenant_id, subscription_id, item_id),
    foreign key (tenant_id, subscription_id) references app.subscription (tenant_id, subscription_id) on delete cascade
);
comment on table app.subscription_item is 'One row per item of a subscription: its plan and its add-ons.';
call app.protect('app.subscription_item');

create table app.invoice (
    tenant_id uuid not null references app.tenant (tenant_id),
    invoice_id text not null,
    subscription_id text,
    status text not null check (status in ('draft', 'open', 'paid', 'void', 'uncollectible')),
    reason text,
    currency text not null,
    amount_due_cents bigint not null,
    amount_paid_cents bigint not null,
    attempt_count integer not null,
    next_payment_attempt timestamptz,
    created_at timestamptz not null,
    finalized_at timestamptz,
    due_at timestamptz,
    paid_at timestamptz,
    period_start timestamptz,
    period_end timestamptz,
    observed_at timestamptz not null,
    observed_by text not null,
    primary key (tenant_id, invoice_id)
);
create index invoice_of_subscription on app.invoice (tenant_id, subscription_id, created_at);
comment on table app.invoice is 'One row per invoice of a tenant, as last observed. Amounts in the currency''s cents.';
call app.protect('app.invoice');

create table app.billing_event (
    tenant_id uuid not null references app.tenant (tenant_id),
    event_id text not null,
    type text not null,
    object_id text,
    created_at timestamptz not null,
    processed_at timestamptz not null default now(),
    primary key (tenant_id, event_id)
);
create index billing_event_time on app.billing_event (tenant_id, created_at);
comment on table app.billing_event is 'One row per Stripe event that was worked in for a tenant: its billing history.';
call app.protect('app.billing_event');

create table app.dunning_notice (
    tenant_id uuid not null references app.tenant (tenant_id),
    kind text not null,
    -- What the notice is about (an invoice and attempt, a subscription, a day): the same thing is told once.
    ref text not null,
    created_at timestamptz not null default now(),
    -- True when the matter was over before anybody was told.
    obsolete boolean not null default false,
    detail jsonb not null default '{}',
    dismissed_at timestamptz,
    primary key (tenant_id, kind, ref)
);
comment on table app.dunning_notice is
'One row per thing a tenant has to be told about its subscription: a failed payment, a trial that ends, access that changed.';
call app.protect('app.dunning_notice');

create table app.billing_intent (
    tenant_id uuid not null references app.tenant (tenant_id),
    intent_id uuid not null,
    kind text not null check (kind in ('customer', 'checkout', 'change_plan', 'set_addon', 'cancel', 'resume')),
    params jsonb not null,
    state text not null default 'pending' check (state in ('pending', 'done', 'abandoned', 'refused')),
    lease_until timestamptz not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    result_id text,
    primary key (tenant_id, intent_id)
);
-- One open wish at a time, whatever it is: two changes of one subscription never overlap.
create unique index billing_intent_open on app.billing_intent (tenant_id) where state = 'pending';
comment on table app.billing_intent is
'One row per change asked of Stripe, committed before the call: its id makes the idempotency key, so a retry after any crash charges once.';
call app.protect('app.billing_intent');

create table app.billing_drift (
    tenant_id uuid not null,
    drift_id uuid not null,
    kind text not null,
    ref text not null,
    found_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    resolved_at timestamptz,
    detail jsonb not null default '{}',
    primary key (tenant_id, drift_id)
);
create unique index billing_drift_open on app.billing_drift (tenant_id, kind, ref) where resolved_at is null;
comment on table app.billing_drift is
'One row per difference between Stripe and us that the daily reconcile found; the nil tenant where it belongs to nobody.';
call app.protect('app.billing_drift');

grant select on
app.payment_account, app.subscription, app.subscription_item, app.invoice, app.billing_event, app.dunning_notice,
app.billing_intent
to evosense_api;
grant insert (tenant_id, stripe_customer_id, livemode), update (stripe_customer_id) on app.payment_account
to evosense_api;
grant insert, update on app.billing_intent to evosense_api;
grant update (dismissed_at) on app.dunning_notice to evosense_api;
grant select, insert, update, delete on
app.payment_account, app.subscription, app.subscription_item, app.invoice, app.billing_event, app.dunning_notice,
app.billing_intent, app.billing_drift
to evosense_pipeline;
grant select on
app.payment_account, app.subscription, app.subscription_item, app.invoice, app.billing_event, app.dunning_notice,
app.billing_drift
to evosense_analyst;
