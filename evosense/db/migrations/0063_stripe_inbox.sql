-- Where webhooks of Stripe land. No tenant is known yet, so the table has none and the API can't read it.

create table app.stripe_event (
    event_id text primary key check (length(event_id) between 1 and 255),
    type text not null check (length(type) between 1 and 255),
    livemode boolean not null,
    customer_id text,
    object_id text,
    created_at timestamptz not null,
    -- The facts of the object that we use, without names, addresses or cards; only a hint: the worker asks Stripe.
    hint jsonb not null,
    received_at timestamptz not null default now(),
    state text not null default 'new' check (state in ('new', 'done', 'ignored', 'quarantined')),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    reason text,
    finished_at timestamptz
);
create index stripe_event_due on app.stripe_event (next_attempt_at) where state = 'new';
create index stripe_event_customer on app.stripe_event (customer_id, created_at) where state = 'new';
comment on table app.stripe_event is
'One row per distinct Stripe event received, whoever it belongs to: new, done, ignored or quarantined with a reason.';

grant insert on app.stripe_event to evosense_billing;
grant select (event_id) on app.stripe_event to evosense_billing; -- ON CONFLICT reads the key
grant select, insert, update, delete on app.stripe_event to evosense_pipeline;
grant select on app.stripe_event to evosense_analyst;

-- True when the event is new. The only thing the API can do with the inbox.
create function app.receive_stripe_event(
    event_id text, type text, livemode boolean, customer_id text, object_id text, created_at timestamptz, hint jsonb
) returns boolean
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
declare
    stored bigint;
begin
    insert into app.stripe_event (event_id, type, livemode, customer_id, object_id, created_at, hint)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict do nothing;
    get diagnostics stored = row_count;
    if stored > 0 then
        perform pg_notify('evosense_billing', $1);
    end if;
    return stored > 0;
end
$$;
-- Rights are given before the owner changes: afterwards evosense_owner may not give them any more.
revoke all on function app.receive_stripe_event(text, text, boolean, text, text, timestamptz, jsonb) from public;
grant execute on function app.receive_stripe_event(text, text, boolean, text, text, timestamptz, jsonb)
to evosense_api, evosense_pipeline;
grant create on schema app to evosense_billing;
alter function app.receive_stripe_event(text, text, boolean, text, text, timestamptz, jsonb)
owner to evosense_billing;
revoke create on schema app from evosense_billing;
