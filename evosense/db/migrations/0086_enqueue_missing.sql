-- Asks for work on messages, behind live work; answers how many were not waiting already. Work that was given up before
-- is tried again.
create function app.enqueue_missing(
    wanted_kind text, tenant_ids uuid[], message_ids uuid[], chat_identity_ids uuid[]
) returns bigint
language sql volatile
as $$
    with asked as (
        insert into app.ai_task (tenant_id, id, kind, purpose, lane, message_id, shard)
        select g.tenant_id, gen_random_uuid(), wanted_kind, 'prod', 4, g.message_id,
            (get_byte(uuid_send(g.chat_identity_id), 15) & 63)::smallint
        from unnest(tenant_ids, message_ids, chat_identity_ids) as g (tenant_id, message_id, chat_identity_id)
        on conflict (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate) do nothing
        returning tenant_id, message_id
    ),
    replayed as (
        update app.failed_task as f
        set replayed_at = now()
        from asked as a
        where f.tenant_id = a.tenant_id and f.subject_id = a.message_id and f.kind = wanted_kind
            and f.replayed_at is null
        returning f.id
    )
    select count(*) from asked
$$;
