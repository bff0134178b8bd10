-- name: tenants
-- One row per tenant_id with embeddings of customer messages.
select t.tenant_id
from app.tenant as t
where exists (select 1 from app.message_embedding as e where e.tenant_id = t.tenant_id and e.shelf = t.shelf);

-- name: material
-- One row per customer message of the last days with a vector, the newest first, by the model that has most of them:
-- its chat, text and vector.
with model as (
    select e.config_hash
    from app.tenant as t
    inner join app.message_embedding as e on e.tenant_id = t.tenant_id and e.shelf = t.shelf
    where t.tenant_id = %(tenant_id)s
    group by e.config_hash
    order by count(*) desc, e.config_hash
    limit 1
)

select
    m.id,
    coalesce(l.chat_id, m.chat_identity_id) as chat_id,
    b.text,
    e.config_hash,
    e.embedding::real[] as embedding
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
inner join model on true
inner join app.message_embedding as e
    on e.tenant_id = m.tenant_id and e.shelf = t.shelf and e.message_id = m.id and e.config_hash = model.config_hash
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
where
    t.tenant_id = %(tenant_id)s
    and m.sent_at > now() - make_interval(days => %(days)s)
    and m.direction = 'in'
    and m.chat_kind = 'individual'
    and m.type not in ('reaction', 'system', 'sticker')
    and b.deleted_at is null
    and coalesce(b.text, '') <> ''
order by m.sent_at desc, m.id asc
limit %(limit)s;

-- name: former
-- One row per theme of the tenant as it was built last by this model.
select
    h.id,
    h.centroid::real[] as centroid
from app.theme as h
where h.tenant_id = %(tenant_id)s and h.config_hash = %(config_hash)s;

-- name: forget_messages
-- No row: no message of the tenant belongs to a theme.
delete from app.message_theme where tenant_id = %(tenant_id)s;

-- name: forget_themes
-- No row: the tenant has no themes.
delete from app.theme where tenant_id = %(tenant_id)s;

-- name: add_theme
-- No row: a theme.
insert into app.theme (tenant_id, id, words, messages, centroid, config_hash)
values (%(tenant_id)s, %(id)s, %(words)s, %(messages)s, %(centroid)s::real[]::halfvec(768), %(config_hash)s);

-- name: add_messages
-- No row: these messages belong to the themes beside them.
insert into app.message_theme (tenant_id, message_id, theme_id)
select
    %(tenant_id)s,
    g.message_id,
    g.theme_id
from unnest(%(message_ids)s::uuid[], %(theme_ids)s::uuid[]) as g (message_id, theme_id);

-- name: report
-- One row per theme with scored customer messages in the period: counts and sums, and how many of them are of the
-- period's last seven days.
with piles as (
    select
        p.theme_id,
        count(*) as n,
        count(*) filter (where f.sentiment > 0.1) as positive,
        count(*) filter (where f.sentiment < -0.1) as negative,
        sum(f.sentiment) as sentiment_sum,
        sum(f.satisfaction) as satisfaction_sum,
        count(*) filter (where f.local_day > %(to_day)s::date - 7) as recent
    from app.message_theme as p
    inner join app.message_fact as f on f.tenant_id = p.tenant_id and f.message_id = p.message_id
    where
        p.tenant_id = %(tenant_id)s
        and f.local_day between %(from_day)s and %(to_day)s
        and f.speaker = 'customer'
        and f.is_scored
    group by p.theme_id
)

select
    piles.theme_id,
    h.words,
    piles.n,
    piles.positive,
    piles.negative,
    piles.sentiment_sum,
    piles.satisfaction_sum,
    piles.recent
from piles
left join app.theme as h on h.tenant_id = %(tenant_id)s and h.id = piles.theme_id;
