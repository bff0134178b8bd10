-- name: vector_of_message
-- One row: the vector of a message of tenant_id under a model as text, and what the message says; no row when there is no
-- such message, a null vector when it has none.
select
    e.embedding::text as vector,
    r.text
from app.readable_message as r
inner join app.tenant as t on t.tenant_id = r.tenant_id
left join app.message_embedding as e
    on
        e.tenant_id = r.tenant_id
        and e.shelf = t.shelf
        and e.message_id = r.id
        and e.config_hash = %(config_hash)s
where r.tenant_id = %(tenant_id)s and r.id = %(message_id)s;

-- name: vector_of_chat
-- One row: the middle of the vectors of the newest 50 messages that the other side of a chat of tenant_id wrote, scaled
-- to length 1; null when there is none. No row when there is no such chat.
with mine as (
    select l.identity_id
    from app.identity_link as l
    where l.tenant_id = %(tenant_id)s and l.chat_id = %(chat_id)s
),

newest as (
    select m.id
    from app.message as m
    where
        m.tenant_id = %(tenant_id)s
        and m.chat_identity_id in (select x.identity_id from mine as x)
        and m.direction = 'in'
    order by m.sent_at desc, m.id desc
    limit 50
)

select l2_normalize(avg(e.embedding))::text as vector
from app.tenant as t
left join newest as n on true
left join app.message_embedding as e
    on
        e.tenant_id = t.tenant_id
        and e.shelf = t.shelf
        and e.message_id = n.id
        and e.config_hash = %(config_hash)s
where t.tenant_id = %(tenant_id)s and exists (select from mine)
group by t.tenant_id;

-- name: similar_chats
-- One row per chat of tenant_id but one, likest first: the mean likeness of its best three messages (fewer where it has
-- fewer) among the nearest `depth`, how many of its messages are among them, and the best one. `seen` counts the
-- messages that were looked at: fewer than `depth` when there are no more.
with near as (
    select
        n.message_id,
        n.similarity,
        l.chat_id,
        row_number() over (partition by l.chat_id order by n.similarity desc, n.message_id asc) as turn,
        count(*) over () as seen
    from
        app.near_messages(
            for_tenant_id => %(tenant_id)s, query_vector => %(vector)s::halfvec, for_config_hash => %(config_hash)s::text,
            filter => null, up_to_id => null, wanted => %(depth)s::integer
        ) as n
    inner join app.message as m on m.tenant_id = %(tenant_id)s and m.id = n.message_id
    inner join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
),

chats as (
    select
        n.chat_id,
        avg(n.similarity) filter (where n.turn <= 3) as similarity,
        count(*) as messages,
        (array_agg(n.message_id order by n.turn))[1] as best_id,
        min(n.seen) as seen
    from near as n
    where n.chat_id <> %(chat_id)s
    group by n.chat_id
    order by similarity desc, n.chat_id asc
    limit %(page_size)s
)

select
    c.chat_id,
    c.similarity::float8,
    c.messages,
    c.seen,
    r.item
from chats as c
inner join app.readable_message as r on r.tenant_id = %(tenant_id)s and r.id = c.best_id
order by c.similarity desc, c.chat_id asc;
