-- name: put_drift
-- No row: a difference that is open; seen again, it stays the same row.
insert into app.billing_drift (tenant_id, drift_id, kind, ref, found_at, last_seen_at, detail)
values (%(tenant_id)s, %(drift_id)s, %(kind)s, %(ref)s, %(now)s, %(now)s, %(detail)s)
on conflict (tenant_id, kind, ref) where resolved_at is null
do update set last_seen_at = excluded.last_seen_at, detail = excluded.detail;

-- name: resolve_drifts
-- One row per difference, of any tenant_id, that was not seen this time and is over.
update app.billing_drift set resolved_at = %(now)s
where resolved_at is null and last_seen_at < %(now)s
returning tenant_id;

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
-- One row per wish, of any tenant_id, that is given up: Stripe has forgotten its idempotency key.
update app.billing_intent set state = 'abandoned', finished_at = %(now)s
where state = 'pending' and created_at < %(before)s
returning tenant_id;

-- name: due_for_purge
-- One row per tenant_id whose data are to be erased now: canceled, the time is over, no legal hold, and Stripe could
-- be asked about it.
select a.tenant_id
from app.payment_account as a
inner join app.tenant as t on t.tenant_id = a.tenant_id
where
    a.managed_by = 'stripe' and a.purge_after <= %(now)s and t.status = 'canceled' and not t.legal_hold
    and a.purged_at is null
    and not exists (
        select 1 from app.legal_hold as h
        where h.tenant_id = a.tenant_id and h.released_at is null
    )
    and not exists (
        select 1 from app.billing_drift as d
        where d.tenant_id = a.tenant_id and d.kind = 'not_readable' and d.resolved_at is null
    )
order by a.purge_after;

-- name: stuck_events
-- One row: how many events have waited for more than a day, and how many are set aside.
select
    (count(*) filter (where e.state = 'new' and e.received_at < %(before)s))::int as waiting,
    (count(*) filter (where e.state = 'quarantined'))::int as quarantined
from app.stripe_event as e;

-- name: tenant_tables
-- One row per table with rows of tenants (a column tenant_id) that is not kept, and whether we may delete from it.
select
    n.nspname as space,
    c.relname as name,
    has_table_privilege(c.oid, 'delete') as may_delete
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
inner join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
where
    n.nspname in ('app', 'raw', 'analytics') and c.relkind in ('r', 'p') and not c.relispartition
    and (n.nspname <> 'app' or c.relname <> all(%(kept)s::text[]))
order by n.nspname, c.relname;

-- name: mark_purged
-- No row: the data of the tenant are gone.
update app.payment_account set purged_at = %(now)s where tenant_id = %(tenant_id)s;
