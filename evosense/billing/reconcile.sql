-- name: put_drift
-- No row: a difference that is open; seen again, it stays the same row.
insert into app.billing_drift (tenant_id, drift_id, kind, ref, found_at, last_seen_at, detail)
values (%(tenant_id)s, %(drift_id)s, %(kind)s, %(ref)s, %(now)s, %(now)s, %(detail)s)
on conflict (tenant_id, kind, ref) where resolved_at is null
do update set last_seen_at = excluded.last_seen_at, detail = excluded.detail;

-- name: resolve_drifts
-- No row: differences of any tenant_id that were not seen this time are over.
update app.billing_drift set resolved_at = %(now)s
where resolved_at is null and last_seen_at < %(now)s;

-- name: open_drifts
-- One row per difference that is open, whatever its tenant_id, the oldest first.
select
    d.tenant_id,
    d.kind,
    d.ref,
    d.detail
from app.billing_drift as d
where d.resolved_at is null
order by d.found_at, d.kind, d.ref;

-- name: abandon_old_intents
-- No row: wishes of any tenant_id whose idempotency key Stripe has forgotten are given up.
update app.billing_intent set state = 'abandoned', finished_at = %(now)s
where state = 'pending' and created_at < %(before)s;

-- name: due_for_purge
-- One row per tenant_id whose data are to be erased now: canceled, the time is over, and no legal hold.
select a.tenant_id
from app.payment_account as a
inner join app.tenant as t on t.tenant_id = a.tenant_id
where a.managed_by = 'stripe' and a.purge_after <= %(now)s and t.status = 'canceled' and not t.legal_hold
order by a.purge_after;

-- name: stuck_events
-- One row: how many events have waited for more than a day, and how many are set aside.
select
    (count(*) filter (where e.state = 'new' and e.received_at < %(before)s))::int as waiting,
    (count(*) filter (where e.state = 'quarantined'))::int as quarantined
from app.stripe_event as e;
