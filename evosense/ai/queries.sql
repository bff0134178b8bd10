-- name: claim
-- One row per task leased now, at most `limit`: urgent lanes first, tenants in turn, each row with a fresh fence.
-- Candidates are read without locks and ranked; only the chosen ones are locked, and rows that another drain
-- holds are skipped. Tenants whose every backend is away are `resting`: their work waits without being touched.
with recursive busy as (
    (
        select t.tenant_id
        from app.ai_task as t
        where t.lease_until is null
        order by t.tenant_id
        limit 1
    )
    union all
    select (
        select t.tenant_id
        from app.ai_task as t
        where t.lease_until is null and t.tenant_id > b.tenant_id
        order by t.tenant_id
        limit 1
    )
    from busy as b
    where b.tenant_id is not null
),

candidate as materialized (
    select
        c.tenant_id,
        c.id,
        c.lane,
        c.next_attempt_at,
        row_number() over (partition by c.tenant_id order by c.lane, c.next_attempt_at, c.id) as turn
    from busy as b
    cross join
        lateral (
            select
                t.tenant_id,
                t.id,
                t.lane,
                t.next_attempt_at
            from app.ai_task as t
            where
                t.tenant_id = b.tenant_id
                and t.kind = %(kind)s
                and t.lease_until is null
                and t.next_attempt_at <= now()
                and t.shard = any(%(shards)s::smallint[])
            order by t.lane, t.next_attempt_at, t.id
            -- An equal share each: a full batch is not worth reading every tenant's whole queue.
            limit (select greatest(%(limit)s::bigint / greatest(count(busy.tenant_id), 1), 1) + 1 from busy)
        ) as c
    where
        b.tenant_id is not null
        and array_position(%(resting)s::uuid[], b.tenant_id) is null
        and (%(served)s::uuid[] is null or b.tenant_id = any(%(served)s::uuid[]))
),

ranked as (
    select
        c.tenant_id,
        c.id,
        c.lane,
        c.turn
    from candidate as c
    order by c.lane, c.turn, c.next_attempt_at
    limit 2 * %(limit)s::bigint
),

chosen as materialized (
    select
        t.tenant_id,
        t.id
    from ranked as r
    inner join app.ai_task as t on t.tenant_id = r.tenant_id and t.id = r.id
    where t.lease_until is null and t.next_attempt_at <= now()
    order by r.lane, r.turn
    limit %(limit)s::bigint
    for update of t skip locked
)

update app.ai_task as t
set
    lease_owner = %(owner)s,
    lease_until = now() + make_interval(secs => %(lease_seconds)s),
    fence = nextval('app.fence'),
    claims = t.claims + 1
from chosen as c
where t.tenant_id = c.tenant_id and t.id = c.id
returning
    t.tenant_id, t.id, t.kind, t.purpose, t.lane, t.message_id, t.prompt_hash, t.config_hash, t.replicate,
    t.run_id, t.generation, t.attempts, t.claims, t.fence,
    (extract(epoch from now() - t.enqueued_at) * 1000)::bigint as queue_ms;

-- name: reclaim
-- One row: how many tasks of every tenant_id were taken back from owners whose lease ran out. Their fence is
-- cleared, so the late owner can finish nothing.
with recursive leased as (
    (
        select t.tenant_id
        from app.ai_task as t
        where t.lease_until is not null
        order by t.tenant_id
        limit 1
    )
    union all
    select (
        select t.tenant_id
        from app.ai_task as t
        where t.lease_until is not null and t.tenant_id > l.tenant_id
        order by t.tenant_id
        limit 1
    )
    from leased as l
    where l.tenant_id is not null
),

expired as materialized (
    select
        e.tenant_id,
        e.id
    from leased as l
    cross join
        lateral (
            select
                t.tenant_id,
                t.id
            from app.ai_task as t
            where t.tenant_id = l.tenant_id and t.lease_until < now()
            order by t.lease_until
            limit 2000
            for update skip locked
        ) as e
    where l.tenant_id is not null
),

freed as (
    update app.ai_task as t
    set lease_owner = null, lease_until = null, fence = null
    from expired as e
    where t.tenant_id = e.tenant_id and t.id = e.id
    returning t.id
)

select count(*) as reclaimed
from freed;

-- name: finish
-- One row per task that ended now, by its position among those given, with what it was for. One that was asked for again
-- meanwhile (a newer generation) or that somebody else holds (another fence) is left alone.
delete from app.ai_task as t
using
    unnest(
        %(tenant_ids)s::uuid[], %(ids)s::uuid[], %(fences)s::bigint[], %(generations)s::integer[]
    ) with ordinality as g (tenant_id, id, fence, generation, position)
where t.tenant_id = g.tenant_id and t.id = g.id and t.fence = g.fence and t.generation = g.generation
returning g.position, t.purpose, t.prompt_hash;

-- name: hand_back
-- No row: tasks that were asked for again since they were claimed can be claimed anew.
update app.ai_task as t
set lease_owner = null, lease_until = null, fence = null, claims = 0
from
    unnest(
        %(tenant_ids)s::uuid[], %(ids)s::uuid[], %(fences)s::bigint[], %(generations)s::integer[]
    ) as g (tenant_id, id, fence, generation)
where t.tenant_id = g.tenant_id and t.id = g.id and t.fence = g.fence and t.generation <> g.generation;

-- name: put_back
-- No row: tasks wait for their next attempt, with the number of calls that failed; nobody sleeps holding a lease.
update app.ai_task as t
set
    lease_owner = null,
    lease_until = null,
    fence = null,
    claims = 0,
    attempts = g.attempts,
    next_attempt_at = now() + make_interval(secs => g.delay_seconds)
from
    unnest(
        %(tenant_ids)s::uuid[], %(ids)s::uuid[], %(fences)s::bigint[], %(attempts)s::smallint[], %(delays)s::float8[]
    ) as g (tenant_id, id, fence, attempts, delay_seconds)
where t.tenant_id = g.tenant_id and t.id = g.id and t.fence = g.fence;

-- name: renew
-- One row per task whose lease was extended; a missing one was lost, or is just being written by somebody: renewing
-- waits for nobody, else it and a statement that locks the same tasks in another order could wait for each other.
with held as materialized (
    select
        t.tenant_id,
        t.id
    from unnest(%(tenant_ids)s::uuid[], %(ids)s::uuid[], %(fences)s::bigint[]) as g (tenant_id, id, fence)
    inner join app.ai_task as t on t.tenant_id = g.tenant_id and t.id = g.id and t.fence = g.fence
    for update of t skip locked
)

update app.ai_task as t
set lease_until = now() + make_interval(secs => %(lease_seconds)s)
from held as h
where t.tenant_id = h.tenant_id and t.id = h.id
returning t.tenant_id, t.id;

-- name: record_failures
-- No row: work that was given up, with its error's class and what it was for, to be asked for again.
insert into app.failed_task (
    tenant_id, id, kind, subject_id, error_class, attempts, purpose, prompt_hash, config_hash, replicate, run_id, lane
)
select
    g.tenant_id,
    g.id,
    g.kind,
    g.subject_id,
    g.error_class,
    g.attempts,
    g.purpose,
    g.prompt_hash,
    g.config_hash,
    g.replicate,
    g.run_id,
    g.lane
from unnest(
    %(tenant_ids)s::uuid[], %(ids)s::uuid[], %(kinds)s::text[], %(subject_ids)s::uuid[], %(error_classes)s::text[],
    %(attempts)s::integer[], %(purposes)s::text[], %(prompt_hashes)s::text[], %(config_hashes)s::text[],
    %(replicates)s::smallint[], %(run_ids)s::uuid[], %(lanes)s::smallint[]
)
    as g (
        tenant_id, id, kind, subject_id, error_class, attempts, purpose, prompt_hash, config_hash, replicate, run_id,
        lane
    );

-- name: record_attempts
-- No row: calls that brought no answer.
insert into app.inference_attempt (
    tenant_id, id, message_id, prompt_hash, config_hash, attempt, error_class, http_status, latency_ms
)
select
    g.tenant_id,
    g.id,
    g.message_id,
    g.prompt_hash,
    g.config_hash,
    g.attempt,
    g.error_class,
    g.http_status,
    g.latency_ms
from unnest(
    %(tenant_ids)s::uuid[], %(ids)s::uuid[], %(message_ids)s::uuid[], %(prompt_hashes)s::text[],
    %(config_hashes)s::text[], %(attempts)s::smallint[], %(error_classes)s::text[], %(http_statuses)s::smallint[],
    %(latencies_ms)s::integer[]
) as g (tenant_id, id, message_id, prompt_hash, config_hash, attempt, error_class, http_status, latency_ms);

-- name: wake
-- No row: tells the drains that there is work of a kind, when this transaction commits.
select pg_notify('evosense_ai_task', %(kind)s);

-- name: register_model
-- No row: keeps what a config hash stands for, under the given tenant_id (everybody's for built-in models).
insert into app.model_config (tenant_id, config_hash, provider, model, model_digest, params, canonical)
values (
    %(tenant_id)s, %(config_hash)s, %(provider)s, %(model)s, %(model_digest)s, %(params)s::jsonb, %(canonical)s
)
on conflict (tenant_id, config_hash) do nothing;

-- name: waiting
-- One row per kind: tasks waiting or leased over all tenants, tenant_id by tenant_id, and the age of the oldest.
select
    t.kind,
    count(*) as tasks,
    count(distinct t.tenant_id) as tenants,
    max(extract(epoch from now() - t.enqueued_at))::float8 as oldest_seconds
from app.ai_task as t
group by t.kind;
