-- name: vectors
-- One row per local day of the period, slice of the chats (one of 16, as in live.sql) and connection: its messages of
-- tenant_id with a vector, and those without, null for more than `most`.
with texts as (
    select
        m.local_day,
        m.connection_id,
        m.message_id,
        mod(get_byte(uuid_send(m.chat_identity_id), 15), 16) as slice,
        exists(
            select 1
            from app.message_embedding as e
            where
                e.tenant_id = %(tenant_id)s
                and e.shelf = (select t.shelf from app.tenant as t where t.tenant_id = %(tenant_id)s)
                and e.message_id = m.message_id
        ) as has_vector
    from app.message_fact as m
    where
        m.tenant_id = %(tenant_id)s
        -- The days' own midnights, with room for clocks that are put forward or back.
        and m.sent_at >= (%(from_day)s::date::timestamp at time zone %(timezone)s) - interval '3 hours'
        and m.sent_at < ((%(to_day)s::date + 1)::timestamp at time zone %(timezone)s) + interval '3 hours'
        and m.local_day between %(from_day)s and %(to_day)s
        and mod(get_byte(uuid_send(m.chat_identity_id), 15), 16) = any(%(slices)s::int[])
        and m.speaker is not null
        and m.has_text
)

select
    t.local_day,
    t.slice,
    t.connection_id,
    count(*) filter (where t.has_vector) as embedded,
    case
        when count(*) filter (where not t.has_vector) <= %(most)s
            then coalesce(array_agg(t.message_id) filter (where not t.has_vector), '{}')
    end as without
from texts as t
group by t.local_day, t.slice, t.connection_id;

-- name: with_vector
-- One row per given message of tenant_id that has a vector, of whatever model.
select distinct e.message_id
from app.message_embedding as e
where
    e.tenant_id = %(tenant_id)s
    and e.shelf = (select t.shelf from app.tenant as t where t.tenant_id = %(tenant_id)s)
    and e.message_id = any(%(message_ids)s::uuid[]);
