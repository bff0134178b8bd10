-- name: counts
-- One row per tenant_id and model with vectors: the shelf it lives on and how many there are.
select
    e.tenant_id,
    e.shelf,
    e.config_hash,
    count(*) as vectors
from app.message_embedding as e
group by e.tenant_id, e.shelf, e.config_hash
order by vectors desc, e.tenant_id asc;

-- name: free_shelf
-- One row: the next shelf that no tenant_id has; 0 to 15 are shared.
select greatest(15, max(t.shelf)) + 1 as shelf
from app.tenant as t
where t.tenant_id is not null;

-- name: claim_shelf
-- No row: the tenant_id's vectors are written to a shelf of its own from now on; who writes to the former one is waited for.
update app.tenant as t
set shelf = %(shelf)s
where t.tenant_id = %(tenant_id)s;

-- name: move_vectors
-- No row: the vectors of tenant_id follow to its shelf, in the same transaction.
update app.message_embedding as e
set shelf = %(shelf)s
where e.tenant_id = %(tenant_id)s and e.shelf <> %(shelf)s;

-- name: known_tier
-- One row when the tenant_id's vectors of a model were measured before: how many there were and how they are searched.
select
    v.vectors,
    v.tier,
    v.recall
from app.vector_tier as v
where v.tenant_id = %(tenant_id)s and v.config_hash = %(config_hash)s;

-- name: keep_tier
-- No row: how vectors of tenant_id are searched from now on, with what was measured.
insert into app.vector_tier (tenant_id, config_hash, vectors, tier, width, spare, recall, related_above)
values (
    %(tenant_id)s, %(config_hash)s, %(vectors)s, %(tier)s, %(width)s, %(spare)s, %(recall)s, %(related_above)s
)
on conflict (tenant_id, config_hash) do update set
    vectors = excluded.vectors,
    tier = excluded.tier,
    width = excluded.width,
    spare = excluded.spare,
    recall = excluded.recall,
    related_above = excluded.related_above,
    measured_at = now();

-- name: search_exactly
-- No row: until something else is kept, vectors of tenant_id are searched by comparing with all of them. Should nothing
-- ever be kept, they count as not measured.
update app.vector_tier as v
set tier = 'exact', width = null, spare = null, recall = null
where v.tenant_id = %(tenant_id)s and v.config_hash = %(config_hash)s and v.tier <> 'exact';

-- name: pairs
-- One row: the similarity above which one in a hundred pairs of different messages of tenant_id lies, from 200 random
-- ones; null for fewer than 20.
with few as materialized (
    select
        e.message_id,
        e.embedding
    from app.message_embedding as e
    where e.tenant_id = %(tenant_id)s and e.shelf = %(shelf)s and e.config_hash = %(config_hash)s
    order by random()
    limit 200
)

select percentile_cont(0.99) within group (order by -(a.embedding <#> b.embedding)) as related_above
from few as a
inner join few as b on a.message_id < b.message_id and a.embedding <> b.embedding
having count(*) >= 190;

-- name: make_shelf
-- No use of the row: makes the list partition of a shelf that one tenant_id will have, unless it is there.
select app.make_shelf(%(shelf)s)
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: build_vector_index
-- No use of the row: makes an index on one tenant_id's shelf; writers to it wait until it is ready.
select app.build_vector_index(t.shelf, %(config_hash)s, %(tier)s, %(lists)s)
from app.tenant as t
where t.tenant_id = %(tenant_id)s and t.shelf = %(shelf)s;

-- name: drop_vector_index
-- No use of the row: drops the approximate index of one tenant_id's shelf.
select app.drop_vector_index(t.shelf, %(config_hash)s)
from app.tenant as t
where t.tenant_id = %(tenant_id)s and t.shelf = %(shelf)s;
