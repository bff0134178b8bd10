-- name: propose
-- No row: a move of a tenant_id's channel that waits for a second person.
insert into app.channel_proposal (tenant_id, id, name, channel, prompt_hash, report_hash, reason, proposed_by)
values (
    %(tenant_id)s, %(id)s, %(name)s, %(channel)s, %(prompt_hash)s, %(report_hash)s, %(reason)s, %(proposed_by)s
);

-- name: proposals
-- One row per proposal of a tenant_id, newest first; of one id when given.
select
    p.id,
    p.name,
    p.channel,
    p.prompt_hash,
    p.report_hash,
    p.reason,
    p.state,
    p.proposed_by,
    p.proposed_at,
    p.decided_by,
    p.decided_at
from app.channel_proposal as p
where
    p.tenant_id = %(tenant_id)s
    and (%(id)s::uuid is null or p.id = %(id)s)
    and (%(before)s::uuid is null or p.id < %(before)s)
order by p.id desc
limit %(limit)s;

-- name: decide
-- At most one row: an open proposal of a tenant_id is decided by somebody other than its author.
update app.channel_proposal as p
set state = %(state)s, decided_by = %(decided_by)s, decided_at = now()
where
    p.tenant_id = %(tenant_id)s and p.id = %(id)s and p.state = 'open'
    and (p.proposed_by <> %(decided_by)s or %(state)s = 'rejected')
returning p.id;
