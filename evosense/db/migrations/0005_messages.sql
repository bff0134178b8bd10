-- What was heard. Facts are written once; what is learned later goes into tables beside them, because an
-- update of a row that carries text search and vectors rewrites every index.

-- Lower case without the accents of Portuguese and its neighbours. The embedded server has no unaccent.
create function app.fold(value text) returns text
language sql immutable parallel safe strict
return translate(
    lower(value),
    'áàâãäåéèêëíìîïóòôõöúùûüçñýÿ',
    'aaaaaaeeeeiiiiooooouuuucnyy'
);

-- The lexeme that stands for a tenant in every tsvector: GIN can then look up (tenant and word) in one scan.
create function app.tenant_lexeme(tenant uuid) returns text
language sql immutable parallel safe strict
return 'tenant:' || tenant::text;

create function app.search_vector(tenant uuid, value text) returns tsvector
language sql immutable parallel safe
return to_tsvector('pg_catalog.portuguese'::regconfig, app.fold(coalesce(value, '')))
|| array_to_tsvector(array[app.tenant_lexeme(tenant)]);

create table raw.evolution_event (
    tenant_id uuid not null,
    received_day date not null,
    id uuid not null,
    connection_id uuid not null,
    -- SHA-256 over event and data without date_time, apikey and server_url.
    digest bytea not null,
    event text not null,
    transport text not null,
    -- For erasure: the WhatsApp ids of the messages inside and the HMACs of their chats.
    external_ids text[] not null default '{}',
    chat_hmacs bytea[] not null default '{}',
    -- Compressed, then encrypted with the tenant's data key; tokens removed before.
    payload bytea not null,
    received_at timestamptz not null,
    primary key (tenant_id, received_day, id),
    unique (tenant_id, received_day, connection_id, digest)
) partition by range (received_day);
comment on table raw.evolution_event is
'One row per distinct event received on a UTC day. Append-only; whole days are dropped after 7 days (3 where the plan stores no raw text).';
call app.protect('raw.evolution_event');
call app.make_partition('raw.evolution_event', 'evolution_event_default', 'default');

create table app.identity (
    tenant_id uuid not null,
    id uuid not null,
    connection_id uuid not null,
    -- HMAC-SHA256 of the normalised JID (ninth digit canonical) with the tenant's identity key.
    jid_hmac bytea not null,
    key_version smallint not null,
    kind text not null check (kind in ('phone', 'lid', 'group', 'broadcast', 'newsletter', 'other')),
    -- The address itself, encrypted: for replying; readable by the sender only.
    address_enc bytea,
    first_seen_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, connection_id, jid_hmac)
);
create index identity_person on app.identity (tenant_id, jid_hmac);
comment on table app.identity is
'One row per address seen on a connection. Never changes: messages point here, and who it is (identity_link) is joined at read.';
call app.protect('app.identity');

create table app.contact (
    tenant_id uuid not null,
    id uuid not null,
    name_enc bytea,
    first_seen_at timestamptz not null,
    opted_out_at timestamptz,
    primary key (tenant_id, id)
);
comment on table app.contact is 'One row per person, across phone and @lid and across connections. The name is encrypted.';
call app.protect('app.contact');

create table app.chat (
    tenant_id uuid not null,
    id uuid not null,
    connection_id uuid not null,
    kind text not null check (kind in ('individual', 'group', 'broadcast', 'newsletter', 'other')),
    created_at timestamptz not null,
    primary key (tenant_id, id)
);
comment on table app.chat is 'One row per conversation thread on a connection. Its id is the only chat id shown outside ingestion.';
call app.protect('app.chat');

create table app.identity_link (
    tenant_id uuid not null,
    identity_id uuid not null,
    contact_id uuid,
    chat_id uuid not null,
    linked_at timestamptz not null default now(),
    primary key (tenant_id, identity_id)
);
create index identity_link_chat on app.identity_link (tenant_id, chat_id);
create index identity_link_contact on app.identity_link (tenant_id, contact_id);
comment on table app.identity_link is
'One row per identity: the person and the thread it stands for today. Mutable, so that joining a phone and its @lid rewrites no message.';
call app.protect('app.identity_link');

create table app.message (
    tenant_id uuid not null,
    id uuid not null,
    connection_id uuid not null,
    -- key.id of WhatsApp; 'raw:' and the raw event's id where the gateway gives none.
    external_id text not null,
    from_me boolean not null,
    direction text not null check (direction in ('in', 'out', 'unknown')),
    chat_identity_id uuid not null,
    author_identity_id uuid,
    chat_kind text not null check (chat_kind in ('individual', 'group', 'broadcast', 'newsletter', 'other')),
    -- text, image, video, audio, document, sticker, location, contact, poll, reaction, system, other
    type text not null,
    quoted_external_id text,
    sent_at timestamptz not null,
    sent_at_source text not null check (sent_at_source in ('live', 'backfill', 'received')),
    received_at timestamptz not null,
    is_synthetic boolean not null default false,
    primary key (tenant_id, id),
    unique (tenant_id, connection_id, external_id, from_me)
) partition by hash (tenant_id);
comment on table app.message is
'One row per WhatsApp message. Immutable. Never partitioned by time: Evolution moves timestamps on edit.';
call app.protect('app.message');
call app.make_hash_partitions('app.message', 'message');
create index message_sent on app.message (tenant_id, sent_at desc, id desc);
create index message_chat on app.message (tenant_id, chat_identity_id, sent_at desc);

create table app.message_body (
    tenant_id uuid not null,
    message_id uuid not null,
    -- Redacted; null when the message has no text or was erased.
    text text,
    tsv tsvector generated always as (app.search_vector(tenant_id, text)) stored,
    revision integer not null default 0,
    edited_at timestamptz,
    deleted_at timestamptz,
    -- The original, encrypted, only where the plan stores raw text.
    original_enc bytea,
    redaction_version smallint not null,
    primary key (tenant_id, message_id)
) partition by hash (tenant_id);
comment on table app.message_body is
'One row per message: what it says. Changes only by edit, revoke and erasure. tsv holds accent-folded Portuguese stems and the tenant''s lexeme.';
call app.protect('app.message_body');
call app.make_hash_partitions('app.message_body', 'message_body');
create index message_body_tsv on app.message_body using gin (tsv);

create table app.message_event (
    tenant_id uuid not null,
    id uuid not null,
    connection_id uuid not null,
    -- The message it speaks of, which may not be here yet.
    external_id text not null,
    kind text not null check (kind in ('edit', 'delete', 'status', 'reaction')),
    -- SHA-256 over what makes this event distinct, so that repeats fall together.
    digest bytea not null,
    author_identity_id uuid,
    status text,
    -- Redacted text of an edit, or the emoji of a reaction (empty: taken back).
    text text,
    original_enc bytea,
    occurred_at timestamptz not null,
    occurred_at_source text not null check (occurred_at_source in ('live', 'backfill', 'received')),
    received_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, connection_id, external_id, kind, digest)
);
comment on table app.message_event is 'One row per edit, delete, delivery status or reaction. May arrive before its message.';
call app.protect('app.message_event');

create table app.message_origin (
    tenant_id uuid not null,
    message_id uuid not null,
    author_type text not null check (author_type in ('contact', 'agent', 'bot', 'campaign')),
    user_id uuid,
    campaign_id uuid,
    primary key (tenant_id, message_id)
);
comment on table app.message_origin is
'One row per message whose author is not the default of its direction (in: contact, out: agent on the phone).';
call app.protect('app.message_origin');

create table app.media_ref (
    tenant_id uuid not null,
    message_id uuid not null,
    kind text not null,
    mimetype text,
    size_bytes bigint,
    duration_seconds integer,
    -- URL and media key together decrypt the media, so both are encrypted with the tenant's data key.
    locator_enc bytea not null,
    expires_at timestamptz,
    primary key (tenant_id, message_id)
);
comment on table app.media_ref is 'One row per message with media: where to fetch it, written before the raw event is redacted.';
call app.protect('app.media_ref');

create table app.tombstone (
    tenant_id uuid not null,
    jid_hmac bytea not null,
    key_version smallint not null,
    erased_at timestamptz not null default now(),
    primary key (tenant_id, jid_hmac)
);
comment on table app.tombstone is
'One row per erased person, checked at ingest under every version of the identity key: a history re-sync does not bring a person back.';
call app.protect('app.tombstone');

create table app.failed_task (
    tenant_id uuid not null,
    id uuid not null,
    -- ingest, score, embed, billing …
    kind text not null,
    -- What to work on again: a raw event's id, a message's id.
    subject_id uuid,
    error_class text not null,
    attempts integer not null,
    failed_at timestamptz not null default now(),
    replayed_at timestamptz,
    primary key (tenant_id, id)
);
create index failed_task_open on app.failed_task (tenant_id, kind) where replayed_at is null;
comment on table app.failed_task is 'One row per piece of work that was given up, with its error''s class (never its text), to be replayed by an operator.';
call app.protect('app.failed_task');

grant select on
app.identity, app.contact, app.chat, app.identity_link, app.message, app.message_body, app.message_event,
app.message_origin, app.media_ref, app.failed_task to evosense_api;
grant select, insert, update, delete on
raw.evolution_event, app.identity, app.contact, app.chat, app.identity_link, app.message, app.message_body,
app.message_event, app.message_origin, app.media_ref, app.tombstone, app.failed_task to evosense_pipeline;
grant select on
app.chat, app.identity_link, app.message, app.message_body, app.message_event, app.message_origin to evosense_analyst;

-- The search functions run as this role: its policy is open, and the tenant test stands in their WHERE.
create policy search_rows on app.message for select to evosense_search using (true);
create policy search_rows on app.message_body for select to evosense_search using (true);
create policy search_rows on app.identity_link for select to evosense_search using (true);
create policy search_rows on app.chat for select to evosense_search using (true);
grant select on app.message, app.message_body, app.identity_link, app.chat to evosense_search;
