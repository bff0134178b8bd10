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
