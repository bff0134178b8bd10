-- name: present_champion
-- At most one row: the prompt and model of a tenant_id's newest official score.
select
    s.prompt_hash,
    s.config_hash
from app.message as m
inner join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
where m.tenant_id = %(tenant_id)s and m.sent_at <= %(until)s
order by m.sent_at desc, m.id desc
limit 1;

-- name: champion_scores
-- One row per message of a tenant_id sent in a span of time that one prompt and model scored officially, newest first.
select
    coalesce(l.chat_id, m.chat_identity_id)::text as chat,
    s.sentiment::float8 as sentiment
from app.message as m
inner join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
where
    m.tenant_id = %(tenant_id)s
    and m.sent_at >= %(since)s
    and m.sent_at < %(until)s
    and s.prompt_hash = %(prompt_hash)s
    and s.config_hash = %(config_hash)s
order by m.sent_at desc, m.id desc
limit %(limit)s;

-- name: tenants
-- One row per tenant_id that there is.
select t.tenant_id
from app.tenant as t
order by t.tenant_id;
