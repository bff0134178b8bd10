-- name: stale_days
-- One row per local day of the period whose figures in the warehouse are out of date.
select s.local_day
from app.stale_day as s
where s.tenant_id = %(tenant_id)s and s.local_day between %(from_day)s and %(to_day)s
union
select d.local_day
from app.dirty as d
where d.tenant_id = %(tenant_id)s and d.local_day between %(from_day)s and %(to_day)s
union
-- A score changes two days: that of its message, and that on which the model answered.
select (d.created_at at time zone t.timezone)::date
from app.dirty as d
inner join app.tenant as t on t.tenant_id = d.tenant_id
where
    d.tenant_id = %(tenant_id)s
    and (d.created_at at time zone t.timezone)::date between %(from_day)s and %(to_day)s
union
-- Whoever an address belongs to, all its days count their contacts again.
select (m.sent_at at time zone t.timezone)::date
from app.dirty as d
inner join app.tenant as t on t.tenant_id = d.tenant_id
inner join app.message as m on m.tenant_id = d.tenant_id and m.chat_identity_id = d.chat_identity_id
where
    d.tenant_id = %(tenant_id)s
    and d.cause = 'link'
    and (m.sent_at at time zone t.timezone)::date between %(from_day)s and %(to_day)s;

-- name: frozen_days
-- One row per local day of the period whose messages retention has deleted, wholly or in part: its figures stay as
-- they were.
select distinct f.local_day
from app.frozen_figure as f
where f.tenant_id = %(tenant_id)s and f.local_day between %(from_day)s and %(to_day)s;

-- name: stale_spans
-- One row per chat whose conversations in the warehouse are out of date: the span that is concerned (as `mark` in
-- staleness.sql finds it), cut at what a period from from_day on can need, with all addresses of the chat and how many
-- rows of app.dirty are about it.
with tenant as (
    select
        t.tenant_id,
        make_interval(hours => t.session_gap_hours) as session_gap,
        -- No timezone is more than 14 hours from UTC.
        (%(from_day)s::date::timestamp at time zone 'UTC')
        - interval '14 hours'
        - make_interval(hours => t.session_gap_hours) as read_from,
        '2200-01-01 00:00:00+00'::timestamptz as read_to
    from app.tenant as t
    where t.tenant_id = %(tenant_id)s
),

dirty as (
    select distinct
        d.chat_identity_id,
        d.cause = 'link' as is_whole,
        coalesce(l.chat_id, d.chat_identity_id) as chat_id,
        (d.local_day::timestamp at time zone 'UTC') - interval '14 hours' as day_from,
        (d.local_day::timestamp at time zone 'UTC') + interval '1 day 12 hours' as day_to
    from app.dirty as d
    left join app.identity_link as l on l.tenant_id = d.tenant_id and l.identity_id = d.chat_identity_id
    where d.tenant_id = %(tenant_id)s
),

marks as (
    select
        coalesce(l.chat_id, d.chat_identity_id) as chat_id,
        count(*) as changes
    from app.dirty as d
    left join app.identity_link as l on l.tenant_id = d.tenant_id and l.identity_id = d.chat_identity_id
    where d.tenant_id = %(tenant_id)s
    group by coalesce(l.chat_id, d.chat_identity_id)
),

spans as (
    select
        s.chat_id,
        s.from_at,
        s.to_at
    from app.stale_chat as s
    where s.tenant_id = %(tenant_id)s
    union all
    select
        d.chat_id,
        least(d.day_from, min(c.started_at)) as from_at,
        greatest(d.day_to, max(c.last_message_at)) as to_at
    from dirty as d
    cross join tenant
    left join analytics.fct_conversations as c
        on
            c.tenant_id = tenant.tenant_id
            and c.chat_id = d.chat_id
            and c.started_at <= d.day_to + tenant.session_gap
            and c.last_message_at >= d.day_from - tenant.session_gap
    where not d.is_whole
    group by d.chat_id, d.day_from, d.day_to
    union all
    select
        d.chat_id,
        '-infinity' as from_at,
        'infinity' as to_at
    from dirty as d
    where d.is_whole
    union all
    -- An address that moved to another chat leaves the conversations of the former one behind.
    select
        c.chat_id,
        '-infinity' as from_at,
        'infinity' as to_at
    from dirty as d
    inner join analytics.fct_conversations as c
        on c.tenant_id = %(tenant_id)s and c.chat_identity_ids @> array[d.chat_identity_id]
    where d.is_whole
),

chats as (
    select
        s.chat_id,
        least(greatest(min(s.from_at), min(tenant.read_from)), min(tenant.read_to)) as from_at,
        least(max(s.to_at), min(tenant.read_to)) as to_at
    from spans as s
    cross join tenant
    group by s.chat_id
)

select
    c.chat_id,
    c.from_at,
    c.to_at,
    coalesce(min(marks.changes), 0) as changes,
    coalesce(
        array_agg(l.identity_id order by l.identity_id) filter (where l.identity_id is not null), array[c.chat_id]
    ) as identity_ids
from chats as c
left join marks on marks.chat_id = c.chat_id
left join app.identity_link as l on l.tenant_id = %(tenant_id)s and l.chat_id = c.chat_id
where c.to_at >= c.from_at
group by c.chat_id, c.from_at, c.to_at;

-- name: closed_days
-- One row per local day asked for, as the warehouse knows it.
select
    k.local_day,
    k.messages_in,
    k.messages_out,
    k.messages_automated,
    k.messages_group,
    k.messages_deleted,
    k.messages_other,
    k.active_contacts,
    k.audio_without_text,
    k.eligible,
    k.scored,
    k.sentiment_sum,
    k.sentiment_square_sum,
    k.positive,
    k.neutral,
    k.negative,
    k.satisfaction_sum,
    k.satisfaction_square_sum,
    k.prompt_hashes,
    k.config_hashes,
    k.inferences,
    k.inferences_failed,
    k.latency_sum_ms,
    k.latency_p50_ms,
    k.latency_p95_ms,
    k.cost_micros,
    k.conversations,
    k.conversations_by_customer,
    k.unanswered,
    k.answered,
    k.first_response_sum_ms,
    k.first_response_p50_ms,
    k.first_response_p90_ms,
    k.first_response_p95_ms,
    k.turns,
    k.turn_wait_sum_ms,
    k.turn_wait_p50_ms,
    k.turn_wait_p90_ms,
    k.turn_wait_p95_ms
from analytics.fct_daily_kpis as k
where k.tenant_id = %(tenant_id)s and k.local_day = any(%(days)s::date[]);

-- name: built_conversations
-- One row per conversation that the warehouse knows to begin on one of the days, stale spans of chats left out.
select c.*
from analytics.fct_conversations as c
where
    c.tenant_id = %(tenant_id)s
    and c.local_day = any(%(days)s::date[])
    and not exists (
        select 1
        from
            unnest(%(chat_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
                as s (chat_id, from_at, to_at)
        where s.chat_id = c.chat_id and c.started_at between s.from_at and s.to_at
    );

-- name: built_begun
-- One row per local day, hour, connection and first answerer of the conversations that the warehouse knows to begin on
-- one of the days, stale spans of chats left out: counts, and their waits one by one (`waits` as text, commas between).
select
    c.local_day,
    c.local_hour,
    c.connection_id,
    c.responder_user_id,
    count(*)::int as conversations,
    (count(*) filter (where c.begun_by = 'customer'))::int as by_customer,
    (count(*) filter (where c.is_unanswered))::int as unanswered,
    coalesce(array_agg(c.first_response_ms) filter (where c.first_response_ms is not null), '{}') as responses,
    string_agg(array_to_string(c.turn_waits_ms, ','), ',') filter (where c.turn_waits_ms <> '{}') as waits
from analytics.fct_conversations as c
where
    c.tenant_id = %(tenant_id)s
    and c.local_day = any(%(days)s::date[])
    and not exists (
        select 1
        from
            unnest(%(chat_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
                as s (chat_id, from_at, to_at)
        where s.chat_id = c.chat_id and c.started_at between s.from_at and s.to_at
    )
group by c.local_day, c.local_hour, c.connection_id, c.responder_user_id;

-- name: built_waits
-- One row per conversation that the warehouse knows to begin on one of the days, stale spans of chats left out: what
-- waits are made of. When turns were asked, only if is_asked.
select
    c.local_day,
    c.connection_id,
    c.contact_id,
    c.begun_by,
    c.is_unanswered,
    c.started_at,
    c.last_message_at,
    c.closed_at,
    c.first_response_ms,
    c.turn_waits_ms,
    case when %(is_asked)s then c.turns_asked_at else '{}' end as turns_asked_at
from analytics.fct_conversations as c
where
    c.tenant_id = %(tenant_id)s
    and c.local_day = any(%(days)s::date[])
    and not exists (
        select 1
        from
            unnest(%(chat_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
                as s (chat_id, from_at, to_at)
        where s.chat_id = c.chat_id and c.started_at between s.from_at and s.to_at
    );

-- name: built_endings
-- One row per contact and local day: its last conversation of those that the warehouse knows to begin on one of the
-- days, stale spans of chats left out.
select distinct on (c.local_day, c.contact_id)
    c.contact_id,
    c.conversation_id,
    c.chat_id,
    c.local_day,
    c.started_at,
    c.is_unanswered,
    c.ending_sentiment
from analytics.fct_conversations as c
where
    c.tenant_id = %(tenant_id)s
    and c.local_day = any(%(days)s::date[])
    and not exists (
        select 1
        from
            unnest(%(chat_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
                as s (chat_id, from_at, to_at)
        where s.chat_id = c.chat_id and c.started_at between s.from_at and s.to_at
    )
order by c.local_day asc, c.contact_id asc, c.started_at desc;

-- name: days_of_stale_spans
-- One row per local day of the period on which a conversation of a stale span began when the warehouse was built.
select distinct c.local_day
from
    unnest(%(chat_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
        as s (chat_id, from_at, to_at)
inner join analytics.fct_conversations as c
    on
        c.tenant_id = %(tenant_id)s
        and c.chat_id = s.chat_id
        and c.started_at between s.from_at and s.to_at
where c.local_day between %(from_day)s and %(to_day)s;
