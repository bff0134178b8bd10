-- name: sample
-- One row per vector of a random share of tenant_id's, in its binary form.
select halfvec_send(e.embedding) as vector
from app.message_embedding as e
where
    e.tenant_id = %(tenant_id)s and e.shelf = %(shelf)s and e.config_hash = %(config_hash)s and random() < %(share)s;

-- name: axes
-- One row per axis of tenant_id's vectors of a model, in its binary form.
select halfvec_send(a.direction) as direction
from app.vector_axis as a
where a.tenant_id = %(tenant_id)s and a.config_hash = %(config_hash)s
order by a.axis;

-- name: hold_shelf
-- No use of the row: who writes to tenant_id's own shelf waits until the transaction ends.
select app.hold_shelf(t.shelf)
from app.tenant as t
where t.tenant_id = %(tenant_id)s and t.shelf = %(shelf)s;

-- name: forget
-- No row: tenant_id's vectors of a model have no axes.
delete from app.vector_axis as a
where a.tenant_id = %(tenant_id)s and a.config_hash = %(config_hash)s;

-- name: add
-- No row: one more axis of tenant_id's vectors of a model.
insert into app.vector_axis (tenant_id, config_hash, axis, direction)
values (%(tenant_id)s, %(config_hash)s, %(axis)s, %(direction)s::halfvec);

-- name: place
-- No row: tenant_id's vectors of a model are written again, which places them on the axes. An update would do it within
-- their pages, and an index that is made after such an update serves nobody while older transactions run.
with taken as (
    delete from app.message_embedding as e
    where e.tenant_id = %(tenant_id)s and e.shelf = %(shelf)s and e.config_hash = %(config_hash)s
    returning e.*
)

insert into app.message_embedding (tenant_id, shelf, message_id, config_hash, embedding, created_at)
select
    t.tenant_id,
    t.shelf,
    t.message_id,
    t.config_hash,
    t.embedding,
    t.created_at
from taken as t;

-- name: forget_unused
-- No row: of models that a tenant_id has no vectors of any more the axes go too.
delete from app.vector_axis as a
using app.tenant as t
where
    t.tenant_id = a.tenant_id
    and not exists (
        select from app.message_embedding as e
        where e.tenant_id = a.tenant_id and e.shelf = t.shelf and e.config_hash = a.config_hash
    );
