-- name: some_day
-- At most one row: a tenant and local day that is over and that the warehouse knows, drawn by chance (roll is from 0
-- to 1); days that are frozen, or near, can't be counted again.
with fitting as (
    select
        k.tenant_id,
        k.local_day,
        t.timezone,
        t.session_gap_hours
    from analytics.fct_daily_kpis as k
    inner join app.tenant as t on t.tenant_id = k.tenant_id
    where
        k.local_day < (now() at time zone t.timezone)::date
        and not exists (
            select 1 from app.frozen_figure as f
            where f.tenant_id = k.tenant_id and f.local_day >= k.local_day - 8
        )
)

select
    picked.tenant_id,
    picked.local_day,
    picked.timezone,
    picked.session_gap_hours
from (
    select
        fitting.*,
        row_number() over (order by fitting.tenant_id, fitting.local_day) as place,
        count(*) over () as places
    from fitting
) as picked
where picked.place = 1 + floor(%(roll)s::double precision * picked.places);

-- name: is_marked
-- One row: whether something has happened to the day of tenant_id, or to a conversation that began on it, that the
-- warehouse does not know yet.
with changed as (
    select
        d.local_day,
        d.cause,
        coalesce(l.chat_id, d.chat_identity_id) as chat_id
    from app.dirty as d
    left join app.identity_link as l on l.tenant_id = d.tenant_id and l.identity_id = d.chat_identity_id
    where d.tenant_id = %(tenant_id)s
)

select
    exists (
        select 1 from app.stale_day as s
        where s.tenant_id = %(tenant_id)s and s.local_day = %(local_day)s
    )
    or exists (select 1 from changed where changed.local_day = %(local_day)s or changed.cause = 'link')
    or exists (
        select 1 from analytics.fct_conversations as c
        where
            c.tenant_id = %(tenant_id)s
            and c.local_day = %(local_day)s
            and (
                c.chat_id in (select changed.chat_id from changed)
                or c.chat_id in (select s.chat_id from app.stale_chat as s where s.tenant_id = %(tenant_id)s)
            )
    ) as is_marked;

-- name: shown
-- One row: what the warehouse says of the day.
select k.*
from analytics.fct_daily_kpis as k
where k.tenant_id = %(tenant_id)s and k.local_day = %(local_day)s;

-- name: said
-- One row per message of tenant_id from from_at on, as it is stored, in chats where something was said until to_at.
with heard as (
    select distinct coalesce(l.chat_id, m.chat_identity_id) as chat_id
    from app.message as m
    left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
    where m.tenant_id = %(tenant_id)s and m.sent_at >= %(from_at)s and m.sent_at < %(to_at)s
)

select
    m.id,
    m.sent_at,
    m.direction,
    m.chat_kind,
    m.type,
    coalesce(l.chat_id, m.chat_identity_id) as chat_id,
    coalesce(l.contact_id, l.chat_id, m.chat_identity_id) as contact_id,
    coalesce(b.text, '') <> '' as has_text,
    b.deleted_at is not null as is_deleted,
    o.author_type,
    s.sentiment,
    s.satisfaction
from app.message as m
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
where
    m.tenant_id = %(tenant_id)s
    and m.sent_at >= %(from_at)s
    and coalesce(l.chat_id, m.chat_identity_id) in (select heard.chat_id from heard);

-- name: closes
-- One row per explicit close of a chat of tenant_id from from_at on.
select
    coalesce(l.chat_id, c.chat_identity_id) as chat_id,
    c.closed_at
from app.conversation_close as c
left join app.identity_link as l on l.tenant_id = c.tenant_id and l.identity_id = c.chat_identity_id
where c.tenant_id = %(tenant_id)s and c.closed_at >= %(from_at)s;

-- name: answered
-- One row per answer of a model for production to tenant_id in the stretch.
select
    i.created_at,
    i.status,
    i.latency_ms,
    i.cost_micros
from app.inference as i
where
    i.tenant_id = %(tenant_id)s
    and i.purpose = 'prod'
    and i.created_at >= %(from_at)s
    and i.created_at < %(to_at)s;
