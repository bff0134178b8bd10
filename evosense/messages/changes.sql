-- name: insert_changes
-- One row per edit, deletion, status or reaction that is new or got a better time, by tenant_id.
insert into app.message_event as e (
    tenant_id, id, connection_id, external_id, kind, digest, author_identity_id, status, text, original_enc,
    occurred_at, occurred_at_source, received_at
)
select
    w.tenant_id,
    w.id,
    w.connection_id,
    w.external_id,
    w.kind,
    w.digest,
    w.author_identity_id,
    w.status,
    w.text,
    w.original_enc,
    w.occurred_at,
    w.occurred_at_source,
    w.received_at
from
    unnest(
        %(tenant_id)s::uuid[], %(id)s::uuid[], %(connection_id)s::uuid[], %(external_id)s::text[], %(kind)s::text[],
        %(digest)s::bytea[], %(author_identity_id)s::uuid[], %(status)s::text[], %(text)s::text[],
        %(original_enc)s::bytea[], %(occurred_at)s::timestamptz[], %(occurred_at_source)s::text[],
        %(received_at)s::timestamptz[]
    )
        as w (
            tenant_id, id, connection_id, external_id, kind, digest, author_identity_id, status, text, original_enc,
            occurred_at, occurred_at_source, received_at
        )
order by w.tenant_id, w.connection_id, w.external_id, w.kind, w.digest
on conflict (tenant_id, connection_id, external_id, kind, digest) do update
    set
        occurred_at = excluded.occurred_at,
        occurred_at_source = excluded.occurred_at_source
    where
    excluded.occurred_at_source <> 'received'
    and (e.occurred_at_source = 'received' or excluded.occurred_at > e.occurred_at)
returning e.id;

-- name: share_places
-- One row per lock: shared until commit with everybody who stores messages.
select pg_advisory_xact_lock_shared(hashtext('evosense.messages'), l.number) from unnest(%(locks)s::integer[]) as l (number);

-- name: hold_places_alone
-- One row per lock: ours alone until commit.
select pg_advisory_xact_lock(hashtext('evosense.messages'), l.number) from unnest(%(locks)s::integer[]) as l (number);

-- name: places_without_message
-- One row per place (by tenant_id, connection and external id) where no message is, as far as can be seen now.
select
    w.tenant_id,
    w.connection_id,
    w.external_id
from
    unnest(%(tenant_id)s::uuid[], %(connection_id)s::uuid[], %(external_id)s::text[])
        as w (tenant_id, connection_id, external_id)
where
    not exists (
        select 1 from app.message as m
        where
            m.tenant_id = w.tenant_id and m.connection_id = w.connection_id and m.external_id = w.external_id
    );

-- name: settle_bodies
-- One row per message (by tenant_id, connection and external id) whose body followed its edits and deletions just now.
-- The latest edit with a told time is the text; an edit without one counts only if no other told the same text.
-- Whatever order the events came in, the result is the same.
with touched as (
    select
        w.tenant_id,
        w.connection_id,
        w.external_id
    from unnest(%(tenant_id)s::uuid[], %(connection_id)s::uuid[], %(external_id)s::text[])
        as w (tenant_id, connection_id, external_id)
),

wanted as (
    select
        m.tenant_id,
        m.id,
        m.connection_id,
        m.chat_identity_id,
        m.chat_kind,
        m.direction,
        m.sent_at,
        b.text as old_text,
        b.deleted_at as old_deleted_at,
        x.edits,
        x.edited_at,
        x.deleted_at,
        case when x.edits > 0 then x.text else b.text end as new_text
    from touched as t
    cross join
        lateral (
            select
                count(*) filter (where e.kind = 'edit') as edits,
                max(e.occurred_at) filter (where e.kind = 'edit') as edited_at,
                min(e.occurred_at) filter (where e.kind = 'delete') as deleted_at,
                (
                    array_agg(e.text order by e.occurred_at desc, e.digest desc) filter (where e.kind = 'edit')
                )[1] as text
            from app.message_event as e
            where
                e.tenant_id = t.tenant_id and e.connection_id = t.connection_id and e.external_id = t.external_id
                and e.kind in ('edit', 'delete')
                and not (
                    e.kind = 'edit' and e.occurred_at_source = 'received'
                    and exists (
                        select 1 from app.message_event as twin
                        where
                            twin.tenant_id = e.tenant_id and twin.connection_id = e.connection_id
                            and twin.external_id = e.external_id and twin.kind = 'edit'
                            and twin.occurred_at_source <> 'received' and twin.text is not distinct from e.text
                    )
                )
        ) as x
    inner join app.message as m
        on m.tenant_id = t.tenant_id and m.connection_id = t.connection_id and m.external_id = t.external_id
    inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    where x.edits > 0 or x.deleted_at is not null
),

settled as (
    update app.message_body as b
    set
        text = w.new_text,
        revision = w.edits,
        edited_at = w.edited_at,
        deleted_at = w.deleted_at,
        -- The edit's own original is kept with the edit.
        original_enc = case when w.new_text is distinct from w.old_text then null else b.original_enc end
    from wanted as w
    where
        b.tenant_id = w.tenant_id and b.message_id = w.id
        and (
            b.revision <> w.edits or b.text is distinct from w.new_text
            or b.edited_at is distinct from w.edited_at or b.deleted_at is distinct from w.deleted_at
        )
    returning b.tenant_id, b.message_id
)

select
    w.tenant_id,
    w.id,
    w.connection_id,
    w.chat_identity_id,
    w.chat_kind,
    w.direction,
    w.sent_at,
    (coalesce(w.new_text, '') <> '') as has_text,
    (w.new_text is distinct from w.old_text) as text_changed,
    (w.deleted_at is not null) as is_deleted,
    (w.deleted_at is distinct from w.old_deleted_at) as deletion_changed
from wanted as w
inner join settled as s on s.tenant_id = w.tenant_id and s.message_id = w.id;
