-- What a model is asked, what it answered, and what counts.

create table app.model_config (
    tenant_id uuid not null,
    config_hash text not null check (config_hash like 'c1:%'),
    provider text not null,
    model text not null,
    model_digest text,
    params jsonb not null default '{}',
    -- The RFC 8785 bytes that the hash was taken over.
    canonical bytea not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, config_hash)
);
comment on table app.model_config is 'One row per model with its parameters, named by content. tenant_id 0… means everybody''s.';
call app.protect('app.model_config', true);

create table app.prompt_version (
    tenant_id uuid not null,
    prompt_hash text not null check (prompt_hash like 'p1:%'),
    name text not null,
    version_no integer not null check (version_no > 0),
    canonical bytea not null,
    template jsonb not null,
    output_schema jsonb not null,
    parent_hash text,
    author text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, prompt_hash),
    unique (tenant_id, name, version_no)
);
comment on table app.prompt_version is
'One row per prompt version, named by the SHA-256 of its canonical JSON. Immutable; registering ships nothing.';
call app.protect('app.prompt_version', true);

create function app.refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception '% rows are immutable', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger prompt_version_is_immutable before update or delete on app.prompt_version
for each row execute function app.refuse_change();

create table app.prompt_channel (
    tenant_id uuid not null,
    name text not null,
    -- champion, or a challenger's name
    channel text not null,
    prompt_hash text not null,
    updated_at timestamptz not null default now(),
    primary key (tenant_id, name, channel)
);
comment on table app.prompt_channel is 'One row per prompt name and channel: the version it points to. A tenant''s row goes before everybody''s.';
call app.protect('app.prompt_channel', true);

create table app.channel_event (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    channel text not null,
    from_hash text,
    to_hash text,
    actor text not null,
    approver text,
    reason text not null,
    report_hash text,
    at timestamptz not null default now(),
    primary key (tenant_id, id)
);
comment on table app.channel_event is 'One row per move of a channel, with who and why. Append-only.';
call app.protect('app.channel_event', true);
create trigger channel_event_is_append_only before update or delete on app.channel_event
for each row execute function app.refuse_change();

-- Grows with every claim, across all tables that are leased, so a stale worker can never match a newer lease.
create sequence app.fence;

create table app.ai_task (
    tenant_id uuid not null,
    id uuid not null,
    kind text not null check (kind in ('score', 'embed')),
    purpose text not null default 'prod' check (purpose in ('prod', 'aa', 'shadow', 'replay')),
    -- 0 live, 1 history, 2 A/A, 3 shadow, 4 replay and backfill: lower goes first.
    lane smallint not null default 0 check (lane between 0 and 4),
    message_id uuid not null,
    -- Empty: the champion (and its model) of the moment of the claim.
    prompt_hash text not null default '',
    config_hash text not null default '',
    replicate smallint not null default 0,
    run_id uuid,
    shard smallint not null check (shard between 0 and 63),
    -- Grows when the same work is asked for again (an edit): a result for an older generation does not finish it.
    generation integer not null default 1,
    attempts smallint not null default 0,
    enqueued_at timestamptz not null default now(),
    next_attempt_at timestamptz not null default now(),
    lease_owner text,
    lease_until timestamptz,
    fence bigint,
    primary key (tenant_id, id),
    unique (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate)
);
create index ai_task_ready on app.ai_task (tenant_id, kind, lane, next_attempt_at, id) where lease_until is null;
create index ai_task_leased on app.ai_task (tenant_id, lease_until) where lease_until is not null;
comment on table app.ai_task is
'One row per piece of AI work that is waiting or leased; finished work is deleted. The one road to any model.';
call app.protect('app.ai_task');

create table app.scoring_input (
    tenant_id uuid not null,
    message_id uuid not null,
    input_hash bytea not null,
    revision integer not null,
    context_message_ids uuid[] not null default '{}',
    frozen_at timestamptz not null default now(),
    primary key (tenant_id, message_id, input_hash)
);
comment on table app.scoring_input is
'One row per message and input: revision and context as of the first claim, independent of the prompt, so that replays ask the same question.';
call app.protect('app.scoring_input');

create table app.inference (
    tenant_id uuid not null,
    id uuid not null,
    message_id uuid not null,
    input_hash bytea not null,
    prompt_hash text not null,
    config_hash text not null,
    replicate smallint not null default 0,
    purpose text not null check (purpose in ('prod', 'aa', 'shadow', 'replay')),
    run_id uuid,
    status text not null check (status in ('ok', 'repaired', 'invalid', 'truncated', 'refused')),
    -- Null unless the status is ok or repaired.
    sentiment numeric(4, 3) check (sentiment between -1 and 1),
    satisfaction smallint check (satisfaction between 0 and 100),
    emotion text,
    tone text,
    summary text check (length(summary) <= 200),
    confidence numeric(4, 3) check (confidence between 0 and 1),
    tokens_in integer,
    tokens_out integer,
    cost_micros bigint not null default 0,
    queue_ms integer,
    latency_ms integer not null,
    attempts smallint not null default 1,
    engine_version text,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, message_id, input_hash, prompt_hash, config_hash, replicate),
    check ((status in ('ok', 'repaired')) = (sentiment is not null and satisfaction is not null))
) partition by hash (tenant_id);
comment on table app.inference is
'One row per answer of a model to one input. Append-only; purpose and run are not in the key, so a replay reuses what a shadow paid for.';
call app.protect('app.inference');
call app.make_hash_partitions('app.inference', 'inference');
create index inference_created on app.inference (tenant_id, created_at);

create table app.inference_attempt (
    tenant_id uuid not null,
    id uuid not null,
    message_id uuid not null,
    prompt_hash text not null,
    config_hash text not null,
    attempt smallint not null,
    error_class text not null,
    http_status smallint,
    latency_ms integer,
    at timestamptz not null default now(),
    primary key (tenant_id, id)
);
comment on table app.inference_attempt is 'One row per call that brought no answer. Transport failures live here, so a retry never meets the unique key of inference.';
call app.protect('app.inference_attempt');

create table app.message_score (
    tenant_id uuid not null,
    message_id uuid not null,
    inference_id uuid not null,
    input_hash bytea not null,
    prompt_hash text not null,
    config_hash text not null,
    sentiment numeric(4, 3) not null check (sentiment between -1 and 1),
    satisfaction smallint not null check (satisfaction between 0 and 100),
    emotion text not null,
    tone text not null,
    confidence numeric(4, 3),
    scored_at timestamptz not null default now(),
    primary key (tenant_id, message_id)
) partition by hash (tenant_id);
comment on table app.message_score is
'One row per scored message: the result of the champion of its time, with the inference it came from. Only the champion writes here.';
call app.protect('app.message_score');
call app.make_hash_partitions('app.message_score', 'message_score');

create table app.message_embedding (
    tenant_id uuid not null,
    -- tenant.shelf: tenants share 16 list partitions, a large one has its own.
    shelf smallint not null,
    message_id uuid not null,
    -- config_hash of the embedder's model_config: vectors of two models never meet in one query.
    config_hash text not null,
    embedding halfvec(768) not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, shelf, message_id, config_hash)
) partition by list (shelf);
comment on table app.message_embedding is 'One row per message and embedding model: 768 half-precision floats of unit length, kept inline.';
call app.protect('app.message_embedding');
do $$
begin
    for shelf in 0..15 loop
        call app.make_partition(
            'app.message_embedding', format('message_embedding_s%s', to_char(shelf, 'FM00')),
            format('for values in (%s)', shelf)
        );
    end loop;
end
$$;

grant select on
app.model_config, app.prompt_version, app.prompt_channel, app.channel_event, app.inference, app.message_score,
app.message_embedding to evosense_api;
grant insert on app.prompt_version, app.channel_event to evosense_api;
grant insert, update on app.prompt_channel to evosense_api;
grant select, insert, update, delete on
app.model_config, app.prompt_version, app.prompt_channel, app.channel_event, app.ai_task, app.scoring_input,
app.inference, app.inference_attempt, app.message_score, app.message_embedding to evosense_pipeline;
grant select on
app.model_config, app.prompt_version, app.prompt_channel, app.channel_event, app.inference, app.inference_attempt,
app.scoring_input, app.message_score, app.message_embedding to evosense_analyst;
grant usage on sequence app.fence to evosense_pipeline;

create policy search_rows on app.message_score for select to evosense_search using (true);
create policy search_rows on app.message_embedding for select to evosense_search using (true);
grant select on app.message_score, app.message_embedding to evosense_search;
