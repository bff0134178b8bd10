-- What a model sees of a text is less than the text (evosense/prompts/instructions.py), and what is left out changes
-- with the rules. An answer counts for the texts that were really sent, so the input remembers what they were.
alter table app.scoring_input
add column cut_hash bytea,
add column rules text not null default '',
add column retired_at timestamptz;
comment on column app.scoring_input.cut_hash is
'SHA-256 over the texts that were sent otherwise than they are stored; null when none was, and before it was recorded.';
comment on column app.scoring_input.rules is
'The rules under which that was looked at last; empty before it was recorded.';
comment on column app.scoring_input.retired_at is
'Since when the same message is sent otherwise, under another input; its answers stay.';

-- As before, of the input that is not retired, and with the rules that it was looked at under.
drop function app.scorable_messages;
create function app.scorable_messages(
    first_day date, last_day date, tenants uuid[], share_bp integer, emotions text[], connections uuid[]
) returns table (tenant_id uuid, message_id uuid, chat_id uuid, local_day date, input_hash bytea, rules text)
language sql stable
as $$
select
    m.tenant_id,
    m.id as message_id,
    coalesce(l.chat_id, m.chat_identity_id) as chat_id,
    (m.sent_at at time zone t.timezone)::date as local_day,
    frozen.input_hash,
    frozen.rules
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
left join lateral (
    select i.input_hash, i.rules
    from app.scoring_input as i
    where i.tenant_id = m.tenant_id and i.message_id = m.id and i.revision = b.revision and i.retired_at is null
    order by i.frozen_at, i.input_hash
    limit 1
) as frozen on true
where
    (tenants is null or t.tenant_id = any(tenants))
    and m.sent_at >= first_day - interval '14 hours'
    and m.sent_at < last_day + interval '36 hours'
    and (m.sent_at at time zone t.timezone)::date between first_day and last_day
    and m.direction = 'in'
    and m.chat_kind = 'individual'
    and b.text is not null
    and b.text <> ''
    and b.deleted_at is null
    and app.bucket('dataset', m.id::text) < share_bp
    and (emotions is null or s.emotion = any(emotions))
    and (connections is null or m.connection_id = any(connections))
$$;
comment on function app.scorable_messages is
'One row per message of a window that a scorer can be asked about: incoming, of a person, with text; its frozen input of the present revision, null when nobody was asked yet.';
revoke execute on function app.scorable_messages from public;
grant execute on function app.scorable_messages to evosense_api, evosense_pipeline, evosense_analyst;
