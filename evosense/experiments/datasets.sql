-- name: window_items
-- One row per message of a window that a scorer can be asked about, with its frozen input, null when nobody was asked
-- yet, and the rules it was looked at under. One tenant_id, some, or all (null).
select
    w.tenant_id,
    w.message_id,
    w.chat_id,
    w.local_day,
    w.input_hash,
    w.rules
from
    app.scorable_messages(
        %(first)s, %(last)s, %(tenant_ids)s::uuid[], %(share_bp)s, %(emotions)s::text[], %(connection_ids)s::uuid[]
    ) as w
order by w.tenant_id, w.message_id;

-- name: preview
-- One row: messages and chats of a window (one tenant_id, some, or all), and how many of their calls under some prompts
-- are answered already.
with items as materialized (
    select
        w.tenant_id,
        w.message_id,
        w.chat_id,
        w.input_hash
    from app.scorable_messages(
        %(first)s, %(last)s, %(tenant_ids)s::uuid[], %(share_bp)s, %(emotions)s::text[], %(connection_ids)s::uuid[]
    ) as w
)

select
    count(*)::int as items,
    count(distinct i.chat_id)::int as chats,
    (
        select count(*)::int
        from items as a
        inner join app.inference as f
            on
                f.tenant_id = a.tenant_id and f.message_id = a.message_id and f.input_hash = a.input_hash
                and f.prompt_hash = any(%(prompt_hashes)s::text[]) and f.config_hash = %(config_hash)s
                and f.replicate = 0
    ) as reused
from items as i;

-- name: store_dataset
-- No row: a dataset under its scope's tenant_id; the same content is the same dataset.
insert into app.dataset (tenant_id, dataset_hash, kind, definition, item_count)
values (%(tenant_id)s, %(dataset_hash)s, %(kind)s, %(definition)s::jsonb, %(item_count)s)
on conflict (tenant_id, dataset_hash) do nothing;

-- name: store_items
-- No row: the messages of a dataset, each under its own tenant_id.
insert into app.dataset_item (tenant_id, dataset_hash, message_id, input_hash, chat_id, local_day, weight)
select
    g.tenant_id,
    %(dataset_hash)s,
    g.message_id,
    g.input_hash,
    g.chat_id,
    g.local_day,
    g.weight
from
    unnest(
        %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[], %(chat_ids)s::uuid[],
        %(local_days)s::date[], %(weights)s::float8[]
    ) as g (tenant_id, message_id, input_hash, chat_id, local_day, weight)
on conflict (tenant_id, dataset_hash, message_id) do nothing;

-- name: paired_rows
-- One row per message of a dataset (under each tenant_id that has some): what either arm answered, the baseline's
-- second answer, slice columns and people's labels. No text: only its length.
select
    d.tenant_id::text as tenant,
    d.message_id::text as message_id,
    d.chat_id::text as chat,
    d.local_day,
    d.weight,
    extract(hour from m.sent_at at time zone t.timezone)::int as hour,
    m.connection_id::text as connection,
    length(b.text) as text_length,
    a.status as status_a,
    a.sentiment::float8 as sentiment_a,
    a.satisfaction::float8 as satisfaction_a,
    a.emotion as emotion_a,
    a.tone as tone_a,
    a.latency_ms::float8 as latency_ms_a,
    a.cost_micros::float8 as cost_micros_a,
    c.status as status_b,
    c.sentiment::float8 as sentiment_b,
    c.satisfaction::float8 as satisfaction_b,
    c.emotion as emotion_b,
    c.tone as tone_b,
    c.latency_ms::float8 as latency_ms_b,
    c.cost_micros::float8 as cost_micros_b,
    r.status as status_r,
    r.sentiment::float8 as sentiment_r,
    r.satisfaction::float8 as satisfaction_r,
    r.emotion as emotion_r,
    r.tone as tone_r,
    r.latency_ms::float8 as latency_ms_r,
    r.cost_micros::float8 as cost_micros_r,
    h.label_sentiment,
    h.label_pi,
    h.label_raters,
    h.label_values
from app.dataset_item as d
inner join app.tenant as t on t.tenant_id = d.tenant_id
inner join app.message as m on m.tenant_id = d.tenant_id and m.id = d.message_id
inner join app.message_body as b on b.tenant_id = d.tenant_id and b.message_id = d.message_id
left join app.inference as a
    on
        a.tenant_id = d.tenant_id and a.message_id = d.message_id and a.input_hash = d.input_hash
        and a.prompt_hash = %(baseline_hash)s and a.config_hash = %(baseline_config)s and a.replicate = 0
left join app.inference as c
    on
        c.tenant_id = d.tenant_id and c.message_id = d.message_id and c.input_hash = d.input_hash
        and c.prompt_hash = %(candidate_hash)s and c.config_hash = %(candidate_config)s and c.replicate = 0
left join app.inference as r
    on
        r.tenant_id = d.tenant_id and r.message_id = d.message_id and r.input_hash = d.input_hash
        and r.prompt_hash = %(baseline_hash)s and r.config_hash = %(baseline_config)s and r.replicate = 1
left join lateral (
    select
        avg(k.sentiment)::float8 as label_sentiment,
        min(k.pi_sampling) as label_pi,
        count(*)::int as label_raters,
        array_agg(k.sentiment::float8 order by k.rater) as label_values
    from app.human_label as k
    where k.tenant_id = d.tenant_id and k.message_id = d.message_id and k.input_revision = b.revision
    having count(*) > 0
) as h on true
where
    d.dataset_hash = %(dataset_hash)s
    and (%(tenant_ids)s::uuid[] is null or d.tenant_id = any(%(tenant_ids)s::uuid[]))
order by d.tenant_id, d.message_id;

-- name: outcomes
-- One row per outcome of a dataset's chats (by tenant_id), observed on a day of the dataset or within 30 days after.
select
    o.chat_id::text as chat,
    o.kind,
    max(o.value) as value
from app.outcome as o
inner join (
    select
        d.tenant_id,
        d.chat_id,
        min(d.local_day) as first_day,
        max(d.local_day) as last_day
    from app.dataset_item as d
    where
        d.dataset_hash = %(dataset_hash)s
        and (%(tenant_ids)s::uuid[] is null or d.tenant_id = any(%(tenant_ids)s::uuid[]))
    group by d.tenant_id, d.chat_id
) as c on c.tenant_id = o.tenant_id and c.chat_id = o.chat_id
where o.observed_on between c.first_day and c.last_day + 30
group by o.chat_id, o.kind;

-- name: measure_recontact
-- One row: how many of a dataset's chat days (by tenant_id) got an outcome: 1 when the customer wrote again between 12
-- and 72 hours after the day's last message of the chat, else 0. Days younger than 72 hours are left out.
with chat_day as (
    select distinct
        d.tenant_id,
        d.chat_id,
        d.local_day,
        t.timezone,
        -- A chat's messages carry the identities that are linked to it, or the chat's own id while nothing is.
        array(
            select o.identity_id
            from app.identity_link as o
            where o.tenant_id = d.tenant_id and o.chat_id = d.chat_id
        ) || d.chat_id as identities
    from app.dataset_item as d
    inner join app.tenant as t on t.tenant_id = d.tenant_id
    where
        d.dataset_hash = %(dataset_hash)s
        and (%(tenant_ids)s::uuid[] is null or d.tenant_id = any(%(tenant_ids)s::uuid[]))
),

day_end as (
    select
        c.tenant_id,
        c.chat_id,
        c.local_day,
        c.identities,
        ended.last_at
    from chat_day as c
    cross join lateral (
        select max(m.sent_at) as last_at
        from app.message as m
        where
            m.tenant_id = c.tenant_id
            and m.chat_identity_id = any(c.identities)
            and m.sent_at >= c.local_day::timestamp at time zone c.timezone
            and m.sent_at < (c.local_day + 1)::timestamp at time zone c.timezone
    ) as ended
),

written as (
    insert into app.outcome (tenant_id, chat_id, kind, observed_on, value)
    select
        e.tenant_id,
        e.chat_id,
        'recontact_72h' as kind,
        e.local_day,
        (exists (
            select 1
            from app.message as n
            where
                n.tenant_id = e.tenant_id
                and n.direction = 'in'
                and n.sent_at between e.last_at + interval '12 hours' and e.last_at + interval '72 hours'
                and n.chat_identity_id = any(e.identities)
        ))::int::float8 as value
    from day_end as e
    where e.last_at < now() - interval '72 hours'
    on conflict (tenant_id, chat_id, kind, observed_on) do update
        set value = excluded.value
        where app.outcome.value <> excluded.value
    returning chat_id
)

select count(*) as measured
from written;

-- name: returns
-- One row per chat of a dataset (by tenant_id) whose last message there is older than some days: whether the customer
-- wrote again from three days after it on, within these days.
with chat as (
    select
        d.tenant_id,
        d.chat_id,
        max(m.sent_at) as last_at,
        array(
            select o.identity_id
            from app.identity_link as o
            where o.tenant_id = d.tenant_id and o.chat_id = d.chat_id
        ) || d.chat_id as identities
    from app.dataset_item as d
    inner join app.message as m on m.tenant_id = d.tenant_id and m.id = d.message_id
    where
        d.dataset_hash = %(dataset_hash)s
        and (%(tenant_ids)s::uuid[] is null or d.tenant_id = any(%(tenant_ids)s::uuid[]))
    group by d.tenant_id, d.chat_id
)

select
    c.chat_id::text as chat,
    exists(
        select 1
        from app.message as n
        where
            n.tenant_id = c.tenant_id
            and n.direction = 'in'
            and n.sent_at between c.last_at + interval '3 days' and c.last_at + %(days)s * interval '1 day'
            and n.chat_identity_id = any(c.identities)
    ) as returned
from chat as c
where c.last_at < now() - %(days)s * interval '1 day'
order by c.chat_id;
