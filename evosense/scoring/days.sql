-- name: enqueue_missing
-- One row: how many messages of local days (first..last, each tenant's own) were asked to be scored: eligible, without
-- a score, without a waiting task and without an answer that was judged unusable. Restricted to one tenant_id when
-- one is given. Work that was given up before is tried again.
with eligible as (
    select
        m.tenant_id,
        m.id,
        m.chat_identity_id
    from app.tenant as t
    inner join app.message as m on m.tenant_id = t.tenant_id
    inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    where
        (%(tenant_id)s::uuid is null or t.tenant_id = %(tenant_id)s)
        and m.sent_at >= %(first)s::date - interval '14 hours'
        and m.sent_at < %(last)s::date + interval '36 hours'
        and (m.sent_at at time zone t.timezone)::date between %(first)s::date and %(last)s::date
        and m.direction = 'in'
        and m.chat_kind = 'individual'
        and b.text is not null
        and b.text <> ''
        and b.deleted_at is null
        and not exists (
            select 1 from app.message_score as s
            where s.tenant_id = m.tenant_id and s.message_id = m.id
        )
        and not exists (
            select 1 from app.inference as i
            where
                i.tenant_id = m.tenant_id and i.message_id = m.id and i.purpose = 'prod'
                and i.status in ('invalid', 'truncated', 'refused')
        )
)

select app.enqueue_missing('score', array_agg(e.tenant_id), array_agg(e.id), array_agg(e.chat_identity_id)) as enqueued
from eligible as e;

-- name: lacking
-- One row: how many messages of local days (first..last, each tenant's own) lack a score and would be asked for; of one
-- tenant_id when one is given. Reads only what the API's role may read.
select count(*) as messages
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
where
    (%(tenant_id)s::uuid is null or t.tenant_id = %(tenant_id)s)
    and m.sent_at >= %(first)s::date - interval '14 hours'
    and m.sent_at < %(last)s::date + interval '36 hours'
    and (m.sent_at at time zone t.timezone)::date between %(first)s::date and %(last)s::date
    and m.direction = 'in'
    and m.chat_kind = 'individual'
    and b.text is not null
    and b.text <> ''
    and b.deleted_at is null
    and not exists (
        select 1 from app.message_score as s
        where s.tenant_id = m.tenant_id and s.message_id = m.id
    )
    and not exists (
        select 1 from app.inference as i
        where
            i.tenant_id = m.tenant_id and i.message_id = m.id and i.purpose = 'prod'
            and i.status in ('invalid', 'truncated', 'refused')
    );

-- name: coverage
-- One row per local day of first..last that has eligible messages: how many, how many with a score, with an unusable
-- answer, given up, still waiting; restricted to one tenant_id when one is given.
select
    (m.sent_at at time zone t.timezone)::date as local_day,
    count(*) as eligible,
    count(*) filter (where s.message_id is not null) as scored,
    count(*) filter (where s.message_id is null and bad.found) as unusable,
    count(*) filter (where s.message_id is null and not bad.found and gone.found) as failed,
    count(*) filter (where s.message_id is null and waits.found) as waiting
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
cross join
    lateral (
        select exists(
            select 1 from app.inference as i
            where
                i.tenant_id = m.tenant_id and i.message_id = m.id and i.purpose = 'prod'
                and i.status in ('invalid', 'truncated', 'refused')
        ) as found
    ) as bad
cross join
    lateral (
        select exists(
            select 1 from app.failed_task as f
            where
                f.tenant_id = m.tenant_id and f.kind = 'score' and f.subject_id = m.id and f.replayed_at is null
        ) as found
    ) as gone
cross join
    lateral (
        select exists(
            select 1 from app.ai_task as w
            where
                w.tenant_id = m.tenant_id and w.kind = 'score' and w.message_id = m.id and w.purpose = 'prod'
                and w.prompt_hash = ''
        ) as found
    ) as waits
where
    (%(tenant_id)s::uuid is null or t.tenant_id = %(tenant_id)s)
    and m.sent_at >= %(first)s::date - interval '14 hours'
    and m.sent_at < %(last)s::date + interval '36 hours'
    and (m.sent_at at time zone t.timezone)::date between %(first)s::date and %(last)s::date
    and m.direction = 'in'
    and m.chat_kind = 'individual'
    and b.text is not null
    and b.text <> ''
    and b.deleted_at is null
group by 1
order by 1;

-- name: quality_of_answers
-- One row: answers of the last hours over all tenants: how many of how many tenants, how many unusable, and call and
-- queue latencies in milliseconds at the 95th percentile.
select
    count(distinct i.tenant_id) as tenants,
    count(*) as answers,
    count(*) filter (where i.status in ('invalid', 'truncated', 'refused')) as unusable,
    coalesce(percentile_cont(0.95) within group (order by i.latency_ms), 0)::float8 as latency_p95_ms,
    coalesce(percentile_cont(0.95) within group (order by i.queue_ms), 0)::float8 as queue_p95_ms
from app.inference as i
where i.purpose = 'prod' and i.created_at > now() - make_interval(hours => %(hours)s);

-- name: mean_call
-- One row: mean cost (millionths of a US dollar) and latency (milliseconds) of the calls of the last week, of one
-- tenant_id or of all (null).
select
    coalesce(avg(i.cost_micros), 0)::float8 as cost_micros,
    coalesce(avg(i.latency_ms), 0)::float8 as latency_ms
from app.inference as i
where
    i.created_at > now() - interval '7 days'
    and (%(tenant_id)s::uuid is null or i.tenant_id = %(tenant_id)s);

-- name: oldest_due
-- One row: seconds that the oldest production task of any tenant_id is due and not worked on; 0 when there is none.
select coalesce(max(extract(epoch from now() - t.next_attempt_at)), 0)::float8 as seconds
from app.tenant as own
inner join app.ai_task as t on t.tenant_id = own.tenant_id
where t.kind = 'score' and t.purpose = 'prod' and t.lane <= 1 and t.lease_until is null and t.next_attempt_at <= now();
