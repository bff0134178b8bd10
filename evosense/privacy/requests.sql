-- name: identity_keys
-- One row per version of the identity key of tenant_id, retired ones too: people were known under each.
select
    k.version,
    k.wrapped_key
from app.tenant_key as k
where k.tenant_id = %(tenant_id)s and k.purpose = 'identity'
order by k.version;

-- name: addresses_of_contact
-- One row per address of a contact of tenant_id.
select distinct i.jid_hmac
from app.identity_link as l
inner join app.identity as i on i.tenant_id = l.tenant_id and i.id = l.identity_id
where l.tenant_id = %(tenant_id)s and l.contact_id = %(contact_id)s;

-- name: add_request
-- No row: a person of tenant_id asks.
insert into app.privacy_request (tenant_id, id, kind, jid_hmacs, correction_enc, requested_by, requested_at, due_at)
values (
    %(tenant_id)s, %(id)s, %(kind)s, %(jid_hmacs)s, %(correction_enc)s, %(requested_by)s, %(requested_at)s, %(due_at)s
);

-- name: get_request
-- At most one row: a request of tenant_id.
select
    r.tenant_id,
    r.id,
    r.kind,
    r.state,
    r.jid_hmacs,
    r.correction_enc,
    r.requested_by,
    r.requested_at,
    r.due_at,
    r.started_at,
    r.ended_at,
    r.attempts,
    r.reason,
    r.counts,
    r.certificate_hash,
    exists(
        select 1 from app.privacy_answer as a
        where a.tenant_id = r.tenant_id and a.request_id = r.id and a.expires_at > now()
    ) as has_answer
from app.privacy_request as r
where r.tenant_id = %(tenant_id)s and r.id = %(id)s;

-- name: list_requests
-- One row per request of tenant_id: open ones first, those due soonest on top; then the others, newest first.
select
    r.tenant_id,
    r.id,
    r.kind,
    r.state,
    r.jid_hmacs,
    r.correction_enc,
    r.requested_by,
    r.requested_at,
    r.due_at,
    r.started_at,
    r.ended_at,
    r.attempts,
    r.reason,
    r.counts,
    r.certificate_hash,
    exists(
        select 1 from app.privacy_answer as a
        where a.tenant_id = r.tenant_id and a.request_id = r.id and a.expires_at > now()
    ) as has_answer
from app.privacy_request as r
-- Open ones first, by their due date; then the others, the newest first: one key that rises, so that pages can go on.
cross join
    lateral (
        select
            r.state not in ('received', 'running') as is_over,
            extract(epoch from case when r.state in ('received', 'running') then r.due_at end) as due,
            -extract(epoch from r.requested_at) as age
    ) as place
where
    r.tenant_id = %(tenant_id)s
    and (
        %(before)s::uuid is null
        or (place.is_over, coalesce(place.due, 0), place.age, r.id) > (
            select
                b.state not in ('received', 'running') as is_over,
                coalesce(extract(epoch from case when b.state in ('received', 'running') then b.due_at end), 0) as due,
                -extract(epoch from b.requested_at) as age,
                b.id
            from app.privacy_request as b
            where b.tenant_id = %(tenant_id)s and b.id = %(before)s
        )
    )
order by place.is_over, coalesce(place.due, 0), place.age, r.id
limit %(limit)s;

-- name: open_requests
-- One row per request of whatever tenant_id that waits, or whose worker has been silent for an hour; oldest first.
select
    r.tenant_id,
    r.id
from app.privacy_request as r
where
    r.tenant_id is not null
    and (r.state = 'received' or (r.state = 'running' and r.started_at < now() - interval '1 hour'))
order by r.requested_at, r.id;

-- name: overdue_requests
-- One row: how many requests of whatever tenant_id are open after their due date, and how many are within two days of it.
select
    count(*) filter (where r.due_at < now()) as overdue,
    count(*) filter (where r.due_at >= now() and r.due_at < now() + interval '2 days') as nearly_due
from app.privacy_request as r
where r.tenant_id is not null and r.state in ('received', 'running');

-- name: begin_request
-- One row (its attempts) when the request of tenant_id is open: somebody works on it now.
update app.privacy_request
set state = 'running', attempts = attempts + 1, started_at = now()
where tenant_id = %(tenant_id)s and id = %(id)s and state in ('received', 'running')
returning attempts;

-- name: end_request
-- No row: the request of tenant_id is answered, refused or failed.
update app.privacy_request
set
    state = %(state)s, ended_at = now(), reason = %(reason)s, counts = %(counts)s, certificate = %(certificate)s,
    certificate_hash = %(certificate_hash)s, correction_enc = null
where tenant_id = %(tenant_id)s and id = %(id)s and state = 'running';

-- name: cancel_request
-- One row (its id) when the request of tenant_id was waiting still.
update app.privacy_request
set state = 'canceled', ended_at = now()
where tenant_id = %(tenant_id)s and id = %(id)s and state = 'received'
returning id;

-- name: certificate
-- At most one row: the certificate of an erasure of tenant_id.
select r.certificate
from app.privacy_request as r
where r.tenant_id = %(tenant_id)s and r.id = %(id)s and r.certificate is not null;

-- name: last_certificate
-- At most one row: the hash of the newest certificate of tenant_id, which the next one continues.
select r.certificate_hash
from app.privacy_request as r
where r.tenant_id = %(tenant_id)s and r.certificate_hash is not null
order by r.ended_at desc, r.id desc
limit 1;

-- name: store_answer
-- No row: the data of a person of tenant_id, encrypted, for so long.
insert into app.privacy_answer (tenant_id, request_id, content_enc, expires_at)
values (%(tenant_id)s, %(id)s, %(content_enc)s, %(expires_at)s)
on conflict (tenant_id, request_id) do update
    set content_enc = excluded.content_enc, made_at = now(), expires_at = excluded.expires_at;

-- name: get_answer
-- At most one row: the encrypted data of a person of tenant_id.
select a.content_enc
from app.privacy_answer as a
where a.tenant_id = %(tenant_id)s and a.request_id = %(id)s and a.expires_at > now();

-- name: audit
-- No row: something happened in tenant_id that somebody may have to answer for.
insert into app.audit_log (tenant_id, id, actor, action, target, detail)
values (%(tenant_id)s, %(audit_id)s, %(actor)s, %(action)s, %(target)s, %(detail)s);
