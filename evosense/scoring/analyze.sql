-- name: texts
-- One row per given message of a tenant_id that has a text: the text, and the last texts of its chat before it.
select
    m.id as message_id,
    b.text,
    coalesce(before.turns, '[]'::jsonb) as turns
from app.message as m
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join lateral (
    select jsonb_agg(jsonb_build_object('direction', c.direction, 'text', c.text) order by c.sent_at, c.id) as turns
    from (
        select
            p.id,
            p.direction,
            p.sent_at,
            pb.text
        from app.message as p
        inner join app.message_body as pb on pb.tenant_id = p.tenant_id and pb.message_id = p.id
        where
            p.tenant_id = m.tenant_id
            and p.chat_identity_id = m.chat_identity_id
            and p.sent_at > m.sent_at - interval '24 hours'
            and (p.sent_at, p.id) < (m.sent_at, m.id)
            and pb.text <> ''
            and pb.deleted_at is null
        order by p.sent_at desc, p.id desc
        limit %(context_limit)s::bigint
    ) as c
) as before on true
where
    m.tenant_id = %(tenant_id)s
    and m.id = any(%(message_ids)s::uuid[])
    and b.text <> ''
    and b.deleted_at is null;
