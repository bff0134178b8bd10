-- name: add_chats
-- No row: chats of a tenant_id, each with its identity and link.
with made as (
    insert into app.identity (tenant_id, id, connection_id, jid_hmac, key_version, kind, first_seen_at)
    select %(tenant_id)s, gen_random_uuid(), %(connection_id)s, decode(md5('chat' || n), 'hex'), 1, 'phone', now()
    from generate_series(1, %(chats)s) as n
    returning tenant_id, id
)

insert into app.identity_link (tenant_id, identity_id, chat_id)
select tenant_id, id, gen_random_uuid() from made;

-- name: add_messages
-- No row: messages of a tenant_id over sixty days, six of seven from customers, all chats alike.
insert into app.message (
    tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, chat_kind, type, sent_at,
    sent_at_source, received_at
)
select
    l.tenant_id,
    gen_random_uuid(),
    %(connection_id)s,
    md5(l.identity_id::text || n),
    n %% 7 = 0,
    case when n %% 7 = 0 then 'out' else 'in' end,
    l.identity_id,
    'individual',
    'text',
    t.began + n * interval '4 minutes',
    'live',
    t.began + n * interval '4 minutes'
from app.identity_link as l
cross join lateral (
    select now() - interval '2 hours' - (get_byte(uuid_send(l.identity_id), 3) %% 60) * interval '1 day'
        - get_byte(uuid_send(l.identity_id), 4) * interval '3 minutes' as began
) as t
cross join generate_series(1, %(messages_per_chat)s) as n
where l.tenant_id = %(tenant_id)s;

-- name: add_bodies
-- No row: the words of all messages of a tenant_id.
insert into app.message_body (tenant_id, message_id, text, redaction_version)
select
    m.tenant_id,
    m.id,
    (array[
        'bom dia, queria saber do meu pedido que ainda não chegou', 'obrigada, vocês são ótimos', 'péssimo atendimento',
        'qual o valor da entrega para a zona norte?', 'ok, combinado'
    ])[1 + get_byte(uuid_send(m.id), 5) %% 5],
    1
from app.message as m
where m.tenant_id = %(tenant_id)s;

-- name: add_scores
-- No row: a score of each customer message of a tenant_id.
insert into app.message_score (
    tenant_id, message_id, inference_id, input_hash, prompt_hash, config_hash, sentiment, satisfaction, emotion, tone,
    scored_at
)
select
    m.tenant_id,
    m.id,
    gen_random_uuid(),
    'x',
    'p1:x',
    'c1:x',
    (get_byte(uuid_send(m.id), 6) - 128) / 128.0,
    get_byte(uuid_send(m.id), 6) * 100 / 255,
    (array['alegria', 'neutro', 'frustracao', 'raiva', 'gratidao'])[1 + get_byte(uuid_send(m.id), 7) %% 5],
    'cordial',
    m.sent_at
from app.message as m
where m.tenant_id = %(tenant_id)s and m.direction = 'in';

-- name: add_answers
-- No row: the answer of a model behind each score of a tenant_id.
insert into app.inference (
    tenant_id, id, message_id, input_hash, prompt_hash, config_hash, purpose, status, sentiment, satisfaction, emotion,
    tone, tokens_in, tokens_out, cost_micros, latency_ms, created_at
)
select
    s.tenant_id,
    s.inference_id,
    s.message_id,
    s.input_hash,
    s.prompt_hash,
    s.config_hash,
    'prod',
    'ok',
    s.sentiment,
    s.satisfaction,
    s.emotion,
    s.tone,
    400,
    40,
    30,
    300 + get_byte(uuid_send(s.message_id), 8) * 5,
    s.scored_at
from app.message_score as s
where s.tenant_id = %(tenant_id)s;

-- name: add_vectors
-- No row: the vector of each message of a tenant_id.
insert into app.message_embedding (tenant_id, shelf, message_id, config_hash, embedding, created_at)
select
    m.tenant_id,
    t.shelf,
    m.id,
    'e1:x',
    (select array_agg(0.036)::real [] from generate_series(1, 768))::halfvec,
    m.sent_at
from app.message as m
inner join app.tenant as t on t.tenant_id = m.tenant_id
where m.tenant_id = %(tenant_id)s;

-- name: say
-- No row: this moment a customer of a tenant_id writes one message, which is scored and embedded, and leaves the mark
-- of it.
with chat as (
    select l.tenant_id, l.identity_id, t.timezone
    from app.tenant as t
    inner join app.identity_link as l on l.tenant_id = t.tenant_id
    where t.tenant_id = %(tenant_id)s
    order by random()
    limit 1
),

said as (
    insert into app.message (
        tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, chat_kind, type, sent_at,
        sent_at_source, received_at
    )
    select
        tenant_id, gen_random_uuid(), %(connection_id)s, gen_random_uuid()::text, false, 'in', identity_id,
        'individual', 'text', now(), 'live', now()
    from chat
    returning tenant_id, id
),

worded as (
    insert into app.message_body (tenant_id, message_id, text, redaction_version)
    select tenant_id, id, 'cadê o meu pedido?', 1 from said
),

scored as (
    insert into app.message_score (
        tenant_id, message_id, inference_id, input_hash, prompt_hash, config_hash, sentiment, satisfaction, emotion,
        tone, scored_at
    )
    select tenant_id, id, gen_random_uuid(), 'x', 'p1:x', 'c1:x', -0.5, 20, 'raiva', 'cordial', now() from said
    returning tenant_id, message_id, inference_id
),

answered as (
    insert into app.inference (
        tenant_id, id, message_id, input_hash, prompt_hash, config_hash, purpose, status, sentiment, satisfaction,
        latency_ms
    )
    select tenant_id, inference_id, message_id, 'x', 'p1:x', 'c1:x', 'prod', 'ok', -0.5, 20, 700 from scored
),

embedded as (
    insert into app.message_embedding (tenant_id, shelf, message_id, config_hash, embedding)
    select
        s.tenant_id,
        t.shelf,
        s.id,
        'e1:x',
        (select array_agg(0.036)::real [] from generate_series(1, 768))::halfvec
    from said as s
    inner join app.tenant as t on t.tenant_id = s.tenant_id
)

insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select tenant_id, identity_id, (now() at time zone timezone)::date, 'message' from chat;
