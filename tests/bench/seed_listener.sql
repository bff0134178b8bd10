-- Where the seeds' listener wrote (seeds/003, 'messages_message'): a table with eight indexes besides its key and two
-- foreign keys.
create schema seed;
create table seed.tenant (id uuid primary key);
create table seed.connection (
    id bigserial primary key,
    tenant_id uuid not null references seed.tenant (id) on delete cascade
);
create table seed.message (
    id bigserial primary key,
    tenant_id uuid not null references seed.tenant (id) on delete cascade,
    connection_id bigint references seed.connection (id) on delete set null,
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
create index on seed.message (tenant_id);
create index on seed.message (created_at);
create index on seed.message (chat_id);
create index on seed.message (sender);
create index on seed.message using gin (to_tsvector('portuguese', text));
create index on seed.message using ivfflat (embedding vector_cosine_ops) with (lists = 100);
create index on seed.message (tenant_id, created_at);
create index on seed.message (tenant_id, sentiment);
