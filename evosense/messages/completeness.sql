-- name: known_in_window
-- One row: how many messages and reactions of a connection of the tenant_id lie in a window, both ends included, as an
-- Evolution server counts them; and when the connection was last heard.
select
    (
        select count(*) from app.message as m
        where
            m.tenant_id = %(tenant_id)s and m.connection_id = %(connection_id)s
            and m.sent_at >= %(since)s and m.sent_at <= %(until)s
    ) + (
        select count(*) from app.message_event as e
        where
            e.tenant_id = %(tenant_id)s and e.connection_id = %(connection_id)s and e.kind = 'reaction'
            and e.occurred_at >= %(since)s and e.occurred_at <= %(until)s
    ) as known,
    c.last_event_at
from app.connection as c
where c.tenant_id = %(tenant_id)s and c.id = %(connection_id)s;
