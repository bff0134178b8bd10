-- name: sample_own
-- One row per vector of a random few of tenant_id's, as text.
select e.embedding::text as vector
from app.message_embedding as e
where e.tenant_id = %(tenant_id)s and e.shelf = %(shelf)s and e.config_hash = %(config_hash)s
order by random()
limit %(few)s;

-- name: sample_foreign
-- One row per vector of the same model, of a few others than tenant_id: questions that it has no good answer to.
select e.embedding::text as vector
from app.tenant as t
cross join
    lateral (
        select k.embedding
        from app.message_embedding as k
        where k.tenant_id = t.tenant_id and k.shelf = t.shelf and k.config_hash = %(config_hash)s
        order by k.message_id
        limit 1
    ) as e
where t.tenant_id <> %(tenant_id)s
order by random()
limit %(few)s;

-- name: nearest_exact
-- One row per message of tenant_id nearest to a vector, by comparing with all of them: no index is on the distance plus 0.
select
    e.message_id,
    (e.embedding <#> %(vector)s::halfvec) + 0 as distance
from app.message_embedding as e
where e.tenant_id = %(tenant_id)s and e.shelf = %(shelf)s and e.config_hash = %(config_hash)s
order by distance
limit %(wanted)s;

-- name: nearest_indexed
-- One row per message of tenant_id nearest to a vector, by the index.
select
    e.message_id,
    e.embedding <#> %(vector)s::halfvec as distance
from app.message_embedding as e
where e.tenant_id = %(tenant_id)s and e.shelf = %(shelf)s and e.config_hash = %(config_hash)s
order by distance
limit %(wanted)s;

-- name: nearest_placed
-- One row per message of tenant_id nearest to a vector: by their whole vectors, of those that the index on places hands over.
with handed_over as (
    select
        e.message_id,
        e.embedding
    from app.message_embedding as e
    where e.tenant_id = %(tenant_id)s and e.shelf = %(shelf)s and e.config_hash = %(config_hash)s
    order by e.axes <#> (select app.on_axes(%(tenant_id)s, %(config_hash)s, %(vector)s::halfvec))
    limit %(handed_over)s
)

select
    h.message_id,
    h.embedding <#> %(vector)s::halfvec as distance
from handed_over as h
order by distance
limit %(wanted)s;
