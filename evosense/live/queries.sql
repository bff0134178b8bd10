-- name: advance_cursors
-- One row per tenant: its cursor's number after reserving `count` more. Rows are locked in id order, so that two
-- transactions that touch the same tenants can't wait for each other in a circle.
insert into app.live_cursor as c (tenant_id, seq)
select
    w.tenant_id,
    w.count
from unnest(%(tenant_ids)s::uuid[], %(counts)s::bigint[]) as w (tenant_id, count)
order by w.tenant_id
on conflict (tenant_id) do update set seq = c.seq + excluded.seq
returning c.tenant_id, c.seq;

-- name: insert_events
-- No row: writes numbered events.
insert into app.live_event (tenant_id, seq, type, topic, audience, payload)
select e.tenant_id, e.seq, e.type, e.topic, e.audience, e.payload::jsonb
from unnest(
    %(tenant_ids)s::uuid[], %(seqs)s::bigint[], %(types)s::text[], %(topics)s::text[],
    %(audiences)s::text[], %(payloads)s::text[]
) as e (tenant_id, seq, type, topic, audience, payload);

-- name: notify
-- No row: tells every listening process which tenants have news and up to which number (JSON list of pairs).
select pg_notify('evosense_live', %(payload)s);

-- name: since
-- One row per event of the tenant after a number, in order.
select e.seq, e.type, e.topic, e.audience, e.payload, e.created_at
from app.live_event as e
where e.tenant_id = %(tenant_id)s and e.seq > %(since)s
order by e.seq
limit %(limit)s;

-- name: bounds
-- One row: the lowest number that is still kept and the newest of the tenant (both null before the first event).
select
    (
        select e.seq from app.live_event as e where e.tenant_id = %(tenant_id)s order by e.seq limit 1
    ) as lowest,
    (
        select c.seq from app.live_cursor as c where c.tenant_id = %(tenant_id)s
    ) as newest;
