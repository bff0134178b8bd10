-- name: individual_addresses
-- One row per address of an individual chat with messages that a period from since_day on can need, and the span to
-- read.
select
    m.chat_identity_id as identity_id,
    min(m.sent_at) as from_at,
    max(m.sent_at) as to_at
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
where
    t.tenant_id = %(tenant_id)s
    and m.chat_kind = 'individual'
    -- No timezone is more than 14 hours from UTC.
    and m.sent_at >= (%(since_day)s::date::timestamp at time zone 'UTC')
    - interval '14 hours'
    - make_interval(hours => t.session_gap_hours)
group by m.chat_identity_id;

-- name: addresses_of_message
-- One row per address of the chat that the message belongs to today, with when the message was sent.
select
    coalesce(o.identity_id, m.chat_identity_id) as identity_id,
    m.sent_at
from app.message as m
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
left join app.identity_link as o on o.tenant_id = l.tenant_id and o.chat_id = l.chat_id
where m.tenant_id = %(tenant_id)s and m.id = %(message_id)s and m.chat_kind = 'individual';

-- name: addresses_of_chat
-- One row per address of the chat, with its latest message's time; none when the tenant has no such chat.
select
    a.identity_id,
    max(m.sent_at) as last_sent_at
from (
    select l.identity_id
    from app.identity_link as l
    where l.tenant_id = %(tenant_id)s and l.chat_id = %(chat_id)s
    union all
    select %(chat_id)s::uuid as identity_id
    where not exists (
        select 1 from app.identity_link as l where l.tenant_id = %(tenant_id)s and l.chat_id = %(chat_id)s
    )
) as a
inner join app.message as m on m.tenant_id = %(tenant_id)s and m.chat_identity_id = a.identity_id
where m.chat_kind = 'individual'
group by a.identity_id;

-- name: messages_of_conversation
-- One row: a JSON array of the messages that the addresses have from first to last, oldest first, each with who speaks,
-- its score's lineage, and what happened to it (edits, reactions, revocation, delivery).
select coalesce(json_agg(page.item order by page.sent_at, page.id), '[]')::text as items
from (
    select
        m.sent_at,
        m.id,
        (
            r.item::jsonb || jsonb_build_object(
                'speaker', f.speaker,
                'author_user_id', f.author_user_id,
                'is_audio', f.message_type = 'audio',
                'has_media', exists (
                    select 1 from app.media_ref as x where x.tenant_id = m.tenant_id and x.message_id = m.id
                ),
                'confidence', f.confidence,
                'prompt_hash', f.prompt_hash,
                'config_hash', f.config_hash,
                'summary', i.summary,
                'events', coalesce((
                    select
                        jsonb_agg(
                            jsonb_build_object(
                                'kind', e.kind,
                                'at', e.occurred_at,
                                'status', e.status,
                                'text', case when e.kind in ('edit', 'reaction') and b.deleted_at is null then e.text end
                            )
                            order by e.occurred_at, e.id
                        )
                    from app.message_event as e
                    where
                        e.tenant_id = m.tenant_id
                        and e.connection_id = m.connection_id
                        and e.external_id = m.external_id
                ), '[]'::jsonb)
            )
        )::json as item
    from app.message as m
    inner join app.readable_message as r on r.tenant_id = m.tenant_id and r.id = m.id
    inner join app.message_fact as f on f.tenant_id = m.tenant_id and f.message_id = m.id
    left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
    left join app.inference as i on i.tenant_id = s.tenant_id and i.id = s.inference_id
    where
        m.tenant_id = %(tenant_id)s
        and m.chat_identity_id = any(%(identity_ids)s::uuid[])
        and m.sent_at between %(first)s and %(last)s
        and f.message_type <> 'system'
    order by m.sent_at, m.id
    limit %(page_size)s
) as page;

-- name: close
-- No row: the conversation that the address takes part in is closed this moment.
insert into app.conversation_close (tenant_id, id, chat_identity_id, closed_at, closed_by)
values (%(tenant_id)s, %(id)s, %(identity_id)s, %(closed_at)s, %(closed_by)s);

-- name: mark_closed
-- No row: the chat's numbers have changed.
insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select
    t.tenant_id,
    %(identity_id)s,
    (%(closed_at)s::timestamptz at time zone t.timezone)::date as local_day,
    'close' as cause
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: session_gap
-- One row: how long a silence ends a conversation of the tenant, and its timezone.
select
    make_interval(hours => t.session_gap_hours) as session_gap,
    t.timezone
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: business_hours
-- One row: the tenant's timezone, its hours and its holidays as JSON arrays.
select
    t.timezone,
    coalesce((
        select
            json_agg(
                json_build_object('weekday', h.weekday, 'opens', h.opens, 'closes', h.closes)
                order by h.weekday, h.opens
            )
        from app.business_hours as h
        where h.tenant_id = t.tenant_id
    ), '[]') as openings,
    coalesce((
        select json_agg(json_build_object('local_day', d.local_day, 'name', d.name) order by d.local_day)
        from app.business_holiday as d
        where d.tenant_id = t.tenant_id
    ), '[]') as holidays
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: clear_hours
-- No row: the tenant has no hours.
delete from app.business_hours where tenant_id = %(tenant_id)s;

-- name: clear_holidays
-- No row: the tenant has no holidays.
delete from app.business_holiday where tenant_id = %(tenant_id)s;

-- name: add_hours
-- No row: the tenant's people are at work in these stretches.
insert into app.business_hours (tenant_id, weekday, opens, closes)
select
    %(tenant_id)s,
    h.weekday,
    h.opens,
    h.closes
from unnest(%(weekdays)s::smallint[], %(opens)s::time[], %(closes)s::text[]::time[]) as h (weekday, opens, closes);

-- name: add_holidays
-- No row: the tenant's people are not at work on these local days.
insert into app.business_holiday (tenant_id, local_day, name)
select
    %(tenant_id)s,
    h.local_day,
    h.name
from unnest(%(days)s::date[], %(names)s::text[]) as h (local_day, name)
on conflict (tenant_id, local_day) do update set name = excluded.name;

-- name: join_by_loops
-- One row: whether this transaction's plans may join by nested loops, 'on' or 'off'.
select set_config('enable_nestloop', %(value)s, true);
