-- name: request_run
-- No row: a replay that somebody wants, under the tenant_id whose it is.
insert into app.experiment_run (
    tenant_id, id, experiment_id, prompt_name, baseline, candidates, first_day, last_day, tenant_ids, filters,
    share_bp, max_cost_micros, requested_by
)
values (
    %(tenant_id)s, %(id)s, %(experiment_id)s, %(prompt_name)s, %(baseline)s, %(candidates)s, %(first_day)s,
    %(last_day)s, %(tenant_ids)s, %(filters)s::jsonb, %(share_bp)s, %(max_cost_micros)s, %(requested_by)s
);

-- name: runs
-- One row per run of a tenant_id, newest first; of one id when given.
select
    r.tenant_id,
    r.id,
    r.experiment_id,
    r.state,
    r.prompt_name,
    r.baseline,
    r.candidates,
    r.arms,
    r.first_day,
    r.last_day,
    r.tenant_ids,
    r.filters,
    r.share_bp,
    r.dataset_hash,
    r.items,
    r.calls_planned,
    r.calls_reused,
    r.calls_done,
    r.calls_failed,
    r.estimated_cost_micros,
    r.max_cost_micros,
    r.cost_micros,
    r.report_hashes,
    r.error_class,
    r.requested_by,
    r.requested_at,
    r.started_at,
    r.ended_at
from app.experiment_run as r
where
    r.tenant_id = %(tenant_id)s
    and (%(id)s::uuid is null or r.id = %(id)s)
    and (%(before)s::uuid is null or r.id < %(before)s)
order by r.id desc
limit %(limit)s;

-- name: open_runs
-- One row per run that is not over, of every tenant_id, oldest first.
select
    r.tenant_id,
    r.id,
    r.state
from app.experiment_run as r
where r.state in ('requested', 'planned', 'running')
order by r.id;

-- name: lock_run
-- At most one row: the state of a run of a tenant_id, locked until the end of the transaction.
select r.state
from app.experiment_run as r
where r.tenant_id = %(tenant_id)s and r.id = %(id)s
for update;

-- name: plan_run
-- No row: what a run of a tenant_id stands on and will cost.
update app.experiment_run as r
set
    state = 'planned',
    arms = %(arms)s::jsonb,
    dataset_hash = %(dataset_hash)s,
    items = %(items)s,
    calls_planned = %(calls_planned)s,
    calls_reused = %(calls_reused)s,
    estimated_cost_micros = %(estimated_cost_micros)s
where r.tenant_id = %(tenant_id)s and r.id = %(id)s;

-- name: start_run
-- No row: a planned run of a tenant_id is being worked on from now on.
update app.experiment_run as r
set state = 'running', started_at = coalesce(r.started_at, now())
where r.tenant_id = %(tenant_id)s and r.id = %(id)s and r.state = 'planned';

-- name: end_run
-- At most one row: a run of a tenant_id is over; nothing when it was over before.
update app.experiment_run as r
set
    state = %(state)s,
    error_class = %(error_class)s,
    report_hashes = %(report_hashes)s,
    ended_at = now()
where
    r.tenant_id = %(tenant_id)s and r.id = %(id)s
    and r.state in ('requested', 'planned', 'running')
returning r.id;

-- name: count_run
-- No row: how far a run of a tenant_id is.
update app.experiment_run as r
set calls_done = %(calls_done)s, calls_failed = %(calls_failed)s, cost_micros = %(cost_micros)s
where r.tenant_id = %(tenant_id)s and r.id = %(id)s;

-- name: write_items
-- One row per (message of a dataset, arm): the call a run stands on, under the message's tenant_id, and whether its
-- answer is there already.
insert into app.run_item (
    tenant_id, run_id, message_id, prompt_hash, config_hash, input_hash, local_day, reused
)
select
    d.tenant_id,
    %(run_id)s,
    d.message_id,
    a.prompt_hash,
    a.config_hash,
    d.input_hash,
    d.local_day,
    exists(
        select 1 from app.inference as i
        where
            i.tenant_id = d.tenant_id and i.message_id = d.message_id and i.input_hash = d.input_hash
            and i.prompt_hash = a.prompt_hash and i.config_hash = a.config_hash and i.replicate = 0
    ) as reused
from app.dataset_item as d
cross join unnest(%(prompt_hashes)s::text[], %(config_hashes)s::text[]) as a (prompt_hash, config_hash)
where d.dataset_hash = %(dataset_hash)s and d.message_id = any(%(message_ids)s::uuid[])
on conflict (tenant_id, run_id, message_id, prompt_hash, config_hash) do nothing;

-- name: reuse
-- One row: the calls of a run over all tenant_ids, how many of them were there before, and the chats.
select
    count(*)::int as calls,
    (count(*) filter (where i.reused))::int as reused
from app.run_item as i
where i.run_id = %(run_id)s and (%(tenant_ids)s::uuid[] is null or i.tenant_id = any(%(tenant_ids)s::uuid[]));

-- name: enqueue_day
-- One row: how many calls of a run on one local day were put into the task table: those without an answer and without
-- a waiting task. Under the message's tenant_id, in its chat's shard.
with missing as (
    select
        i.tenant_id,
        i.message_id,
        i.prompt_hash,
        i.config_hash,
        m.chat_identity_id
    from app.run_item as i
    inner join app.message as m on m.tenant_id = i.tenant_id and m.id = i.message_id
    where
        i.run_id = %(run_id)s
        and i.local_day = %(local_day)s
        and (%(tenant_ids)s::uuid[] is null or i.tenant_id = any(%(tenant_ids)s::uuid[]))
        and not i.reused
        and not exists (
            select 1 from app.inference as f
            where
                f.tenant_id = i.tenant_id and f.message_id = i.message_id and f.input_hash = i.input_hash
                and f.prompt_hash = i.prompt_hash and f.config_hash = i.config_hash and f.replicate = 0
        )
),

asked as (
    insert into app.ai_task (
        tenant_id, id, kind, purpose, lane, message_id, prompt_hash, config_hash, run_id, shard
    )
    select
        n.tenant_id,
        gen_random_uuid() as task_id,
        'score' as kind,
        'replay' as purpose,
        4 as lane,
        n.message_id,
        n.prompt_hash,
        n.config_hash,
        %(run_id)s::uuid as asked_by,
        mod(get_byte(uuid_send(n.chat_identity_id), 15), 64)::smallint as shard
    from missing as n
    on conflict (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate) do nothing
    returning message_id
)

select count(*)::int as enqueued
from asked;

-- name: days_of_run
-- One row per local day of a run (all tenant_ids), with its calls, those answered, those waiting and those given up.
select
    i.local_day,
    count(*)::int as calls,
    (count(*) filter (where f.id is not null))::int as answered,
    (count(*) filter (where f.id is null and w.id is not null))::int as waiting,
    (count(*) filter (where f.id is null and w.id is null))::int as missing,
    coalesce(sum(f.cost_micros) filter (where not i.reused), 0)::bigint as cost_micros
from app.run_item as i
left join app.inference as f
    on
        f.tenant_id = i.tenant_id and f.message_id = i.message_id and f.input_hash = i.input_hash
        and f.prompt_hash = i.prompt_hash and f.config_hash = i.config_hash and f.replicate = 0
left join app.ai_task as w
    on
        w.tenant_id = i.tenant_id and w.kind = 'score' and w.message_id = i.message_id
        and w.purpose = 'replay' and w.prompt_hash = i.prompt_hash and w.config_hash = i.config_hash
        and w.replicate = 0
where i.run_id = %(run_id)s and (%(tenant_ids)s::uuid[] is null or i.tenant_id = any(%(tenant_ids)s::uuid[]))
group by i.local_day
order by i.local_day;

-- name: drop_tasks
-- One row: how many waiting calls of a run were taken back, under every tenant_id it spans.
with dropped as (
    delete from app.ai_task as t
    where t.run_id = %(run_id)s and (%(tenant_ids)s::uuid[] is null or t.tenant_id = any(%(tenant_ids)s::uuid[]))
    returning t.id
)

select count(*)::int as dropped
from dropped;

-- name: current_model
-- At most one row: the model behind the newest production answers of these tenants (every tenant_id when null).
select i.config_hash
from app.inference as i
where i.purpose = 'prod' and (%(tenant_ids)s::uuid[] is null or i.tenant_id = any(%(tenant_ids)s::uuid[]))
order by i.created_at desc
limit 1;

-- name: call_price
-- One row: mean cost and latency of a call of these tenants (every tenant_id when null) under a model lately, and
-- how many answers came in during the last ten minutes.
select
    coalesce(avg(i.cost_micros), 0)::float8 as cost_micros,
    coalesce(avg(i.latency_ms), 0)::float8 as latency_ms,
    (count(*) filter (where i.created_at > now() - interval '10 minutes'))::int as recent
from app.inference as i
where
    i.config_hash = %(config_hash)s
    and i.created_at > now() - interval '30 days'
    and (%(tenant_ids)s::uuid[] is null or i.tenant_id = any(%(tenant_ids)s::uuid[]));

-- name: ask_to_cancel
-- At most one row: an open run of a tenant_id that is canceled from now on; its waiting calls are swept by a sensor.
update app.experiment_run as r
set state = 'canceled', ended_at = now()
where
    r.tenant_id = %(tenant_id)s and r.id = %(id)s
    and r.state in ('requested', 'planned', 'running')
returning r.id;

-- name: sweep_canceled
-- One row: how many waiting calls of canceled runs of every tenant_id were taken back.
with dropped as (
    delete from app.ai_task as t
    using app.experiment_run as r
    where
        r.state = 'canceled' and r.ended_at > now() - interval '1 day' and t.run_id = r.id
        and r.tenant_id in (t.tenant_id, app.everyone())
    returning t.id
)

select count(*)::int as dropped
from dropped;
