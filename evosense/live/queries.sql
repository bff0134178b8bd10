-- name: publish
-- One row per tenant: its newest number. Reserves numbers for `more` events of each tenant, writes the events
-- (`after`: how many of the tenant's come after it) and tells every listening process which tenants have news and up to
-- which number (JSON list of pairs; a notification carries less than 8,000 bytes, a pair takes about 50).
-- Cursors are locked in id order, so that two transactions that touch the same tenants can't wait for each other in a
-- circle.
with advanced as (
    insert into app.live_cursor as c (tenant_id, seq)
    select
        w.tenant_id,
        w.more
    from unnest(%(counted_tenant_id)s::uuid[], %(more)s::bigint[]) as w (tenant_id, more)
    order by w.tenant_id
    on conflict (tenant_id) do update set seq = c.seq + excluded.seq
    returning c.tenant_id, c.seq
),

written as (
    insert into app.live_event (tenant_id, seq, type, topic, audience, payload)
    select
        e.tenant_id,
        a.seq - e.after as seq,
        e.type,
        e.topic,
        e.audience,
        e.payload::jsonb as payload
    from
        unnest(
            %(tenant_id)s::uuid[], %(after)s::bigint[], %(type)s::text[], %(topic)s::text[], %(audience)s::text[],
            %(payload)s::text[]
        ) as e (tenant_id, after, type, topic, audience, payload)
    inner join advanced as a on a.tenant_id = e.tenant_id
),

parts as (
    select
        a.tenant_id,
        a.seq,
        (row_number() over (order by a.tenant_id)) / 100 as part
    from advanced as a
),

announced as (
    select pg_notify('evosense_live', json_agg(json_build_array(p.tenant_id, p.seq))::text) as told
    from parts as p
    group by p.part
)

select
    a.tenant_id,
    a.seq
from advanced as a
where (select count(*) from announced) > 0;

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
