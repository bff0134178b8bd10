-- name: timeline
-- One row, like list_messages: all of tenant_id's messages before a position, without any filter. Planned once for all
-- tenants (planning takes longer than running), so it holds no condition that a parameter may switch off.
with page as (
    select r.id, r.sent_at, r.item
    from app.readable_message as r
    where
        r.tenant_id = %(tenant_id)s
        and (r.sent_at, r.id) < (%(before_sent_at)s::timestamptz, %(before_id)s::uuid)
    order by r.sent_at desc, r.id desc
    limit %(page_size)s::int + 1
),

shown as (
    select p.id, p.sent_at, p.item
    from page as p
    order by p.sent_at desc, p.id desc
    limit %(page_size)s
)

select
    coalesce(json_agg(s.item order by s.sent_at desc, s.id desc), '[]')::text as items,
    (select count(*) from page) > %(page_size)s as has_more,
    min(s.sent_at) as last_sent_at,
    (array_agg(s.id order by s.sent_at asc, s.id asc))[1] as last_id
from shown as s;

-- name: list_messages
-- One row: a page of the tenant's messages as a JSON array, newest first; whether there are more; where it ended.
with page as (
    select r.id, r.sent_at, r.item
    from app.readable_message as r
    where
        r.tenant_id = %(tenant_id)s
        and (%(before_sent_at)s::timestamptz is null or (r.sent_at, r.id) < (%(before_sent_at)s, %(before_id)s::uuid))
        and (
            %(chat_id)s::uuid is null
            or r.chat_identity_id in (
                select l.identity_id
                from app.identity_link as l
                where l.tenant_id = %(tenant_id)s and l.chat_id = %(chat_id)s
            )
        )
        and (
            %(contact_id)s::uuid is null
            or r.chat_identity_id in (
                select l.identity_id
                from app.identity_link as l
                where l.tenant_id = %(tenant_id)s and l.contact_id = %(contact_id)s
            )
        )
        and (%(connection_id)s::uuid is null or r.connection_id = %(connection_id)s)
        and (%(direction)s::text is null or r.direction = %(direction)s)
        and (%(sent_from)s::timestamptz is null or r.sent_at >= %(sent_from)s)
        and (%(sent_until)s::timestamptz is null or r.sent_at < %(sent_until)s)
        and (%(sentiment_min)s::numeric is null or r.sentiment >= %(sentiment_min)s)
        and (%(sentiment_max)s::numeric is null or r.sentiment <= %(sentiment_max)s)
        and (%(satisfaction_min)s::integer is null or r.satisfaction >= %(satisfaction_min)s)
        and (%(satisfaction_max)s::integer is null or r.satisfaction <= %(satisfaction_max)s)
        and (%(emotions)s::text[] is null or r.emotion = any(%(emotions)s::text[]))
        and (%(tones)s::text[] is null or r.tone = any(%(tones)s::text[]))
        and (%(types)s::text[] is null or r.type = any(%(types)s::text[]))
        and (%(chat_kinds)s::text[] is null or r.chat_kind = any(%(chat_kinds)s::text[]))
        and (%(spoken)s::boolean is null or r.is_spoken = %(spoken)s)
        and (
            %(theme_id)s::uuid is null
            or r.id in (
                select p.message_id
                from app.message_theme as p
                where p.tenant_id = %(tenant_id)s and p.theme_id = %(theme_id)s
            )
        )
    order by r.sent_at desc, r.id desc
    limit %(page_size)s::int + 1
),

shown as (
    select p.id, p.sent_at, p.item
    from page as p
    order by p.sent_at desc, p.id desc
    limit %(page_size)s
)

select
    coalesce(json_agg(s.item order by s.sent_at desc, s.id desc), '[]')::text as items,
    (select count(*) from page) > %(page_size)s as has_more,
    min(s.sent_at) as last_sent_at,
    (array_agg(s.id order by s.sent_at asc, s.id asc))[1] as last_id
from shown as s;

-- name: find_messages
-- One row, like list_messages: the messages of tenant_id that hold the terms, through the definer function.
with page as (
    select f.message_id, f.sent_at
    from app.find_messages(
        for_tenant_id => %(tenant_id)s, terms => %(terms)s::jsonb, any_word => %(any_word)s,
        filter => jsonb_populate_record(null::app.message_filter, %(filter)s::jsonb),
        before_sent_at => %(before_sent_at)s::timestamptz, before_id => %(before_id)s::uuid,
        page_size => %(page_size)s::int + 1
    ) as f
),

shown as (
    select p.message_id, p.sent_at
    from page as p
    order by p.sent_at desc, p.message_id desc
    limit %(page_size)s
)

select
    coalesce(json_agg(r.item order by s.sent_at desc, s.message_id desc), '[]')::text as items,
    (select count(*) from page) > %(page_size)s as has_more,
    min(s.sent_at) as last_sent_at,
    (array_agg(s.message_id order by s.sent_at asc, s.message_id asc))[1] as last_id
from shown as s
inner join app.readable_message as r on r.tenant_id = %(tenant_id)s and r.id = s.message_id;
