-- name: receive
-- One row: whether the event is new; the only statement that the API role may run on the inbox.
select app.receive_stripe_event(
    %(event_id)s, %(type)s, %(livemode)s, %(customer_id)s, %(object_id)s, %(created_at)s, %(hint)s
);

-- name: due_customers
-- One row per customer with events to work in, the longest waiting first; null for events that name none.
select e.customer_id
from app.stripe_event as e
where e.state = 'new' and e.next_attempt_at <= %(now)s
group by e.customer_id
order by min(e.next_attempt_at), e.customer_id
limit %(limit)s;

-- name: count_due
-- One row: how many events wait to be worked in.
select count(*) from app.stripe_event as e where e.state = 'new' and e.next_attempt_at <= %(now)s;

-- name: lock_customer
-- One row: whether this transaction holds the customer now; false when another worker does.
select pg_try_advisory_xact_lock(hashtextextended('stripe:' || coalesce(%(customer_id)s, ''), 0));

-- name: wait_for_customer
-- One row: this transaction holds the customer, after waiting for whoever held it.
select pg_advisory_xact_lock(hashtextextended('stripe:' || %(customer_id)s, 0));

-- name: due_events
-- One row per event of one customer (or of none) to work in, in the order Stripe made them.
select
    e.event_id,
    e.type,
    e.livemode,
    e.created_at,
    e.customer_id,
    e.object_id,
    e.hint,
    e.attempts
from app.stripe_event as e
where
    e.state = 'new' and e.next_attempt_at <= %(now)s
    and e.customer_id is not distinct from %(customer_id)s
order by e.created_at, e.event_id
limit %(limit)s;

-- name: finish_events
-- No row: events leave the inbox's queue for good.
update app.stripe_event
set state = %(state)s, reason = %(reason)s, finished_at = now()
where event_id = any(%(event_ids)s);

-- name: postpone_events
-- No row: events wait; the pause doubles from 30 s up to an hour.
update app.stripe_event
set
    attempts = attempts + 1,
    reason = %(reason)s,
    next_attempt_at = %(now)s::timestamptz + least(interval '1 hour', interval '30 seconds' * power(2, least(attempts, 10)))
where event_id = any(%(event_ids)s);

-- name: name_customer
-- No row: an event learns whose it is (a dispute names its charge only).
update app.stripe_event set customer_id = %(customer_id)s where event_id = %(event_id)s;

-- name: release_customer
-- No row: events that were set aside because nobody knew their customer are tried again.
update app.stripe_event
set state = 'new', attempts = 0, next_attempt_at = now(), reason = null
where customer_id = %(customer_id)s and state = 'quarantined' and reason = 'unknown_customer';

-- name: quarantined
-- One row per reason: how many events are set aside, for the daily report.
select
    e.reason,
    count(*)::int as events
from app.stripe_event as e
where e.state = 'quarantined'
group by e.reason
order by e.reason;

-- name: forget_events
-- No row: finished events are dropped after 90 days; the billing history of the tenant stays.
delete from app.stripe_event where state in ('done', 'ignored') and finished_at < %(before)s;
