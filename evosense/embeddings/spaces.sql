-- name: changes
-- One row per tenant_id whose vectors are being made anew: the model that search uses, the next one, how many messages have
-- its vector, and of those with text that don't, how many were given up and how many are still to be done.
select
    s.tenant_id,
    s.config_hash as from_hash,
    s.next_config_hash as to_hash,
    (
        select count(*)
        from app.message_embedding as e
        where e.tenant_id = s.tenant_id and e.shelf = t.shelf and e.config_hash = s.next_config_hash
    ) as embedded,
    count(b.message_id) filter (where f.subject_id is not null) as given_up,
    count(b.message_id) filter (where f.subject_id is null) as missing
from app.embedding_space as s
inner join app.tenant as t on t.tenant_id = s.tenant_id
left join app.message_body as b
    on
        b.tenant_id = s.tenant_id
        and b.text <> ''
        and b.deleted_at is null
        and not exists (
            select from app.message_embedding as e
            where
                e.tenant_id = s.tenant_id
                and e.shelf = t.shelf
                and e.message_id = b.message_id
                and e.config_hash = s.next_config_hash
        )
left join (
    select distinct
        tenant_id,
        subject_id
    from app.failed_task
    where kind = 'embed' and replayed_at is null
) as f on f.tenant_id = b.tenant_id and f.subject_id = b.message_id
where s.next_config_hash is not null
group by s.tenant_id, s.config_hash, s.next_config_hash, t.shelf
order by s.tenant_id;

-- name: use_next
-- No row: from now on search of tenant_id uses the next model, unless somebody changed it meanwhile.
update app.embedding_space as s
set config_hash = s.next_config_hash, next_config_hash = null, since = now()
where
    s.tenant_id = %(tenant_id)s and s.config_hash = %(from_hash)s and s.next_config_hash = %(to_hash)s;

-- name: forget_unused
-- One row: how many vectors were deleted: of models that their tenant_id's search neither uses nor is changing to, and of
-- deleted messages that were embedded while they were being deleted.
with gone as (
    delete from app.message_embedding as e
    using app.tenant as t, app.embedding_space as s
    where
        t.tenant_id = e.tenant_id
        and s.tenant_id = e.tenant_id
        and (
            e.shelf <> t.shelf
            or (e.config_hash <> s.config_hash and e.config_hash is distinct from s.next_config_hash)
            or exists (
                select from app.message_body as b
                where b.tenant_id = e.tenant_id and b.message_id = e.message_id and b.deleted_at is not null
            )
        )
    returning e.message_id
)

select count(*) as deleted
from gone;
