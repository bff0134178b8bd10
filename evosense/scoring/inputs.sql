-- name: read_inputs
-- One row per given (tenant_id, message) that still has a text: the text, where it belongs, its frozen input of this
-- revision if there is one (the first that is not retired wins), the first of all, and the context: the frozen messages, else the latest before it.
-- A lateral with a limit keeps the planner on the primary keys, also before the tables were ever analysed.
select
    m.tenant_id,
    m.id as message_id,
    b.text,
    b.revision,
    m.chat_identity_id,
    coalesce(l.chat_id, m.chat_identity_id) as chat_id,
    (m.sent_at at time zone t.timezone)::date as local_day,
    frozen.input_hash,
    coalesce(frozen.turns, recent.turns, '[]'::jsonb) as turns,
    frozen.rules,
    frozen.first_hash,
    frozen.first_cut
from unnest(%(tenant_ids)s::uuid[], %(message_ids)s::uuid[]) as g (tenant_id, message_id)
inner join app.tenant as t on t.tenant_id = g.tenant_id
cross join
    lateral (
        select k.*
        from app.message as k
        where k.tenant_id = g.tenant_id and k.id = g.message_id
        order by k.tenant_id
        limit 1
    ) as m
cross join
    lateral (
        select k.*
        from app.message_body as k
        where k.tenant_id = g.tenant_id and k.message_id = g.message_id
        order by k.tenant_id
        limit 1
    ) as b
left join lateral (
    select k.chat_id
    from app.identity_link as k
    where k.tenant_id = m.tenant_id and k.identity_id = m.chat_identity_id
    order by k.tenant_id
    limit 1
) as l on true
left join lateral (
    select
        i.input_hash,
        i.rules,
        first_value(i.input_hash) over oldest_first as first_hash,
        first_value(i.cut_hash) over oldest_first as first_cut,
        (
            select
                jsonb_agg(
                    jsonb_build_object('id', p.id, 'direction', p.direction, 'text', pb.text, 'revision', pb.revision)
                    order by p.sent_at, p.id
                )
            from unnest(i.context_message_ids) as c (message_id)
            cross join
                lateral (
                    select k.*
                    from app.message as k
                    where k.tenant_id = i.tenant_id and k.id = c.message_id
                    order by k.tenant_id
                    limit 1
                ) as p
            cross join
                lateral (
                    select k.*
                    from app.message_body as k
                    where k.tenant_id = i.tenant_id and k.message_id = c.message_id
                    order by k.tenant_id
                    limit 1
                ) as pb
            where pb.text is not null and pb.deleted_at is null
        ) as turns
    from app.scoring_input as i
    where i.tenant_id = m.tenant_id and i.message_id = m.id and i.revision = b.revision
    window oldest_first as (order by i.frozen_at, i.input_hash)
    order by i.retired_at is not null, i.frozen_at, i.input_hash
    limit 1
) as frozen on true
left join lateral (
    select
        jsonb_agg(
            jsonb_build_object('id', c.id, 'direction', c.direction, 'text', c.text, 'revision', c.revision)
            order by c.sent_at, c.id
        ) as turns
    from (
        select
            p.id,
            p.direction,
            p.sent_at,
            pb.text,
            pb.revision
        from (
            select
                k.id,
                k.direction,
                k.sent_at
            from (
                select m.chat_identity_id as identity_id
                union
                select o.identity_id
                from app.identity_link as o
                where o.tenant_id = m.tenant_id and o.chat_id = l.chat_id
            ) as own
            cross join
                lateral (
                    -- The newest of each address by the index; twice as many as are kept, as some have no text.
                    select
                        k.id,
                        k.direction,
                        k.sent_at
                    from app.message as k
                    where
                        frozen.input_hash is null
                        and k.tenant_id = m.tenant_id
                        and k.chat_identity_id = own.identity_id
                        and k.sent_at <= m.sent_at
                        and k.sent_at > m.sent_at - interval '24 hours'
                        and (k.sent_at, k.id) < (m.sent_at, m.id)
                    order by k.sent_at desc, k.id desc
                    limit 2 * %(context_limit)s::bigint
                ) as k
            -- Sorted before texts are looked up, which ends at the last one that is kept.
            order by k.sent_at desc, k.id desc
        ) as p
        cross join
            lateral (
                select k.*
                from app.message_body as k
                where k.tenant_id = m.tenant_id and k.message_id = p.id
                order by k.tenant_id
                limit 1
            ) as pb
        where pb.text is not null and pb.deleted_at is null
        order by p.sent_at desc, p.id desc
        limit %(context_limit)s::bigint
    ) as c
) as recent on true
where b.text is not null and b.text <> '' and b.deleted_at is null;

-- name: freeze
-- No row: what a message's scorers will all be asked, by (tenant_id, message, input).
insert into app.scoring_input as i (
    tenant_id, message_id, input_hash, revision, context_message_ids, cut_hash, rules
)
select
    g.tenant_id,
    g.message_id,
    g.input_hash,
    g.revision,
    coalesce(string_to_array(nullif(g.context, ''), ',')::uuid[], '{}') as context_message_ids,
    g.cut_hash,
    %(rules)s as looked_at_under
from
    unnest(
        %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[], %(revisions)s::integer[],
        %(contexts)s::text[], %(cut_hashes)s::bytea[]
    ) as g (tenant_id, message_id, input_hash, revision, context, cut_hash)
on conflict (tenant_id, message_id, input_hash) do update
    set rules = excluded.rules, retired_at = null
    where i.rules <> excluded.rules or i.retired_at is not null;

-- name: retire
-- No row: the other inputs of these messages' revisions, by tenant_id, are what they were asked as under other rules.
update app.scoring_input as i
set retired_at = now()
from
    unnest(
        %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[], %(revisions)s::integer[]
    ) as g (tenant_id, message_id, input_hash, revision)
where
    i.tenant_id = g.tenant_id
    and i.message_id = g.message_id
    and i.revision = g.revision
    and i.input_hash <> g.input_hash
    and i.retired_at is null;
