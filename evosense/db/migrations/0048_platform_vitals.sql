-- How the whole platform is, for /ready and /metrics: counts and durations over all tenants, nothing of any one.

create policy search_rows on app.ai_task for select to evosense_search using (true);
create policy search_rows on app.inference for select to evosense_search using (true);
grant select (tenant_id, lane, lease_until, next_attempt_at, enqueued_at) on app.ai_task to evosense_search;
grant select (tenant_id, created_at, latency_ms, status) on app.inference to evosense_search;

create function app.platform_vitals()
returns table (
    tasks_waiting bigint, oldest_task_seconds double precision, messages_stored bigint, inferences bigint,
    ai_p50_seconds double precision, ai_p95_seconds double precision, ai_invalid bigint
)
language sql stable security definer
set search_path = app, pg_catalog, pg_temp
as $$
    with waiting as (
        select count(k.enqueued_at) as tasks, min(k.enqueued_at) as oldest
        from app.tenant as t
        cross join lateral (
            -- Live work only; a backfill may wait. More than this many of one tenant are not counted.
            select a.enqueued_at
            from app.ai_task as a
            where a.tenant_id = t.tenant_id and a.lease_until is null and a.lane = 0 and a.next_attempt_at <= now()
            limit 5000
        ) as k
    ),

    answered as (
        select
            count(*) as inferences,
            percentile_cont(0.5) within group (order by r.latency_ms) as p50,
            percentile_cont(0.95) within group (order by r.latency_ms) as p95,
            count(*) filter (where r.status not in ('ok', 'repaired')) as invalid
        from app.tenant as t
        cross join lateral (
            select i.latency_ms, i.status
            from app.inference as i
            where i.tenant_id = t.tenant_id and i.created_at > now() - interval '5 minutes'
            order by i.created_at desc
            limit 2000
        ) as r
    )

    select
        w.tasks,
        coalesce(extract(epoch from now() - w.oldest), 0)::double precision,
        (
            select coalesce(sum(s.n_tup_ins), 0)::bigint
            from pg_stat_all_tables as s
            inner join pg_inherits as h on h.inhrelid = s.relid
            where h.inhparent = 'app.message'::regclass
        ),
        a.inferences,
        a.p50 / 1000,
        a.p95 / 1000,
        a.invalid
    from waiting as w cross join answered as a
$$;
revoke all on function app.platform_vitals() from public;
grant execute on function app.platform_vitals() to evosense_api;
grant create on schema app to evosense_search;
alter function app.platform_vitals() owner to evosense_search;
revoke create on schema app from evosense_search;
