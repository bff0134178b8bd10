-- The users' tables that an analysis writes, with their indexes (their database document), and 20,000 messages that wait
-- for one.
create schema seed;
set search_path to seed, public;
create table tenancy_tenant (
    id uuid primary key default gen_random_uuid(),
    name varchar(160) not null,
    plan varchar(32) default 'starter' check (plan in ('starter', 'pro', 'scale', 'enterprise')),
    next_billing_date date,
    status varchar(16) default 'active' check (status in ('active', 'suspended', 'trial')),
    created_at timestamptz default now(),
    updated_at timestamptz default now()
);
create table connections_evolutionconnection (
    id bigserial primary key,
    tenant_id uuid not null references tenancy_tenant (id) on delete cascade,
    name varchar(160) not null,
    is_active boolean default true
);
create table messages_message (
    id bigserial primary key,
    tenant_id uuid not null references tenancy_tenant (id) on delete cascade,
    connection_id bigint references connections_evolutionconnection (id) on delete set null,
    chat_id varchar(128) not null,
    sender varchar(64) not null,
    text text not null,
    created_at timestamptz not null,
    sentiment float check (sentiment >= -1 and sentiment <= 1),
    emotion varchar(40),
    satisfaction integer check (satisfaction >= 0 and satisfaction <= 100),
    tone varchar(40),
    summary varchar(200),
    embedding vector(768)
);
create table experiments_inference (
    id bigserial primary key,
    tenant_id uuid not null references tenancy_tenant (id) on delete cascade,
    message_id bigint not null references messages_message (id) on delete cascade,
    model_name varchar(64) not null,
    prompt_version varchar(64) not null,
    template_hash varchar(64) not null,
    latency_ms integer not null,
    sentiment float not null,
    emotion varchar(40) not null,
    satisfaction integer not null,
    is_shadow boolean default false,
    run_id varchar(64) not null,
    created_at timestamptz default now()
);
insert into tenancy_tenant (name) select 'Loja ' || n from generate_series(1, 5) as n;
insert into connections_evolutionconnection (tenant_id, name) select t.id, t.name from tenancy_tenant as t;
insert into messages_message (tenant_id, connection_id, chat_id, sender, text, created_at)
select c.tenant_id, c.id, (n % 200)::text, md5(n::text), 'o pedido ' || n || ' chegou atrasado e ninguem me avisou', now()
from generate_series(1, 20000) as n
inner join connections_evolutionconnection as c on c.id = 1 + n % 5;
create index idx_message_tenant on messages_message (tenant_id);
create index idx_message_created_at on messages_message (created_at);
create index idx_message_chat_id on messages_message (chat_id);
create index idx_message_sender on messages_message (sender);
create index idx_message_text_gin on messages_message using gin (to_tsvector('portuguese', text));
create index idx_message_embedding on messages_message using ivfflat (embedding vector_cosine_ops) with (lists = 100);
create index idx_message_tenant_created on messages_message (tenant_id, created_at);
create index idx_message_tenant_sentiment on messages_message (tenant_id, sentiment);
create index idx_inference_tenant on experiments_inference (tenant_id);
create index idx_inference_message on experiments_inference (message_id);
create index idx_inference_run_id on experiments_inference (run_id);
create index idx_inference_created_at on experiments_inference (created_at);
create index idx_inference_shadow on experiments_inference (is_shadow);
create index idx_inference_prompt on experiments_inference (prompt_version);
analyze;
