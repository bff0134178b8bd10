-- Prompt experiments: what was asked beforehand, what was replayed, what was found, and what people said.
-- Rows of an experiment over several tenants belong to app.everyone(): pipeline and analysts see them, tenants do
-- not. Reports and datasets hold ids and aggregates only; text is joined at read, so erasure leaves them valid.

-- 0..9999, the same in Python (evosense.experiments.assign). A unit is in the sample when its bucket is below the
-- share in basis points, so a larger share keeps what a smaller one had.
create function app.bucket(experiment text, unit text) returns integer
language sql immutable parallel safe strict
return (
    ('x' || substr(md5(experiment || ':' || unit), 1, 8))::bit(32)::bigint % 10000
)::integer;

create table app.experiment (
    tenant_id uuid not null,
    id uuid not null,
    name text not null check (length(name) between 1 and 120),
    hypothesis text not null,
    prompt_name text not null,
    primary_measure text not null,
    goal text not null check (goal in ('better', 'not_worse', 'same')),
    margin double precision not null check (margin > 0),
    alpha double precision not null default 0.05 check (alpha > 0 and alpha < 1),
    -- [{measure, margin, relative}]: how much worse each guardrail may get.
    guardrails jsonb not null default '[]',
    -- Chats the plan asks for; the confidence sequence is tightest there.
    planned_chats integer not null check (planned_chats > 0),
    -- Share of messages, in basis points, that the champion scores twice (the noise floor).
    aa_share_bp integer not null default 100 check (aa_share_bp between 0 and 10000),
    state text not null default 'draft'
    check (state in ('draft', 'running', 'harm_stopped', 'futile', 'ready', 'promoted', 'stopped')),
    created_by text not null,
    created_at timestamptz not null default now(),
    frozen_at timestamptz,
    ended_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, name)
);
comment on table app.experiment is
'One row per experiment: the question as it was registered. Frozen before the first challenger call; after that only its state moves.';
call app.protect('app.experiment');

create function app.keep_registration() returns trigger
language plpgsql
as $$
begin
    if old.frozen_at is not null and (
        new.hypothesis, new.prompt_name, new.primary_measure, new.goal, new.margin, new.alpha, new.guardrails,
        new.planned_chats, new.frozen_at
    ) is distinct from (
        old.hypothesis, old.prompt_name, old.primary_measure, old.goal, old.margin, old.alpha, old.guardrails,
        old.planned_chats, old.frozen_at
    ) then
        raise exception 'experiment % is frozen: register a new one instead', old.name
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger experiment_registration before update on app.experiment
for each row execute function app.keep_registration();

create table app.arm (
    tenant_id uuid not null,
    experiment_id uuid not null,
    arm text not null,
    prompt_hash text not null,
    config_hash text not null,
    -- Basis points of messages; the baseline is the champion and scores all of them.
    share_bp integer not null check (share_bp between 0 and 10000),
    is_baseline boolean not null default false,
    stopped_at timestamptz,
    stop_reason text,
    primary key (tenant_id, experiment_id, arm)
);
comment on table app.arm is
'One row per prompt in an experiment. Who is in the sample is computed (app.bucket), not stored; exposures are the inference rows.';
call app.protect('app.arm');

create table app.experiment_event (
    tenant_id uuid not null,
    id uuid not null,
    experiment_id uuid not null,
    arm text,
    -- frozen, harm_stop, futility, promote_ready, promoted, stopped
    kind text not null,
    actor text not null,
    -- Numbers and hashes, no content.
    detail jsonb not null default '{}',
    at timestamptz not null default now(),
    primary key (tenant_id, id)
);
create index experiment_event_of on app.experiment_event (tenant_id, experiment_id, id);
comment on table app.experiment_event is 'One row per decision in an experiment, with the numbers it rests on. Append-only.';
call app.protect('app.experiment_event');
create trigger experiment_event_is_append_only before update or delete on app.experiment_event
for each row execute function app.refuse_change();

create table app.dataset (
    tenant_id uuid not null,
    dataset_hash text not null check (dataset_hash like 'd1:%'),
    kind text not null check (kind in ('window', 'gold')),
    -- What was asked for: days, tenants, filters, sample.
    definition jsonb not null,
    item_count integer not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, dataset_hash)
);
comment on table app.dataset is
'One row per frozen set of messages, named by the SHA-256 over its sorted (message, input). tenant_id 0… spans tenants.';
call app.protect('app.dataset');

create table app.dataset_item (
    tenant_id uuid not null,
    dataset_hash text not null,
    message_id uuid not null,
    input_hash bytea not null,
    chat_id uuid not null,
    local_day date not null,
    -- 1 / probability of being sampled.
    weight double precision not null default 1 check (weight > 0),
    primary key (tenant_id, dataset_hash, message_id)
);
comment on table app.dataset_item is 'One row per message of a dataset, under the message''s own tenant; ids only.';
call app.protect('app.dataset_item');

create table app.experiment_run (
    tenant_id uuid not null,
    id uuid not null,
    experiment_id uuid,
    state text not null default 'requested'
    check (state in ('requested', 'planned', 'running', 'done', 'canceled', 'failed')),
    prompt_name text not null,
    -- Arms as asked for: 'champion', 'v7' or a hash; and as resolved: [{arm, prompt_hash, config_hash}].
    baseline text not null,
    candidates text[] not null check (cardinality(candidates) between 1 and 8),
    arms jsonb not null default '[]',
    first_day date not null,
    last_day date not null check (last_day >= first_day),
    tenant_ids uuid[],
    -- Emotions of the champion's score, connections: see evosense.experiments.dataset.
    filters jsonb not null default '{}',
    share_bp integer not null default 10000 check (share_bp between 1 and 10000),
    dataset_hash text,
    items integer not null default 0,
    calls_planned integer not null default 0,
    calls_reused integer not null default 0,
    calls_done integer not null default 0,
    calls_failed integer not null default 0,
    estimated_cost_micros bigint not null default 0,
    max_cost_micros bigint,
    cost_micros bigint not null default 0,
    report_hashes text[] not null default '{}',
    -- A class, never a text.
    error_class text,
    requested_by text not null,
    requested_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz,
    primary key (tenant_id, id)
);
create index experiment_run_open on app.experiment_run (tenant_id, state) where state in ('requested', 'planned', 'running');
comment on table app.experiment_run is
'One row per replay: asked for by the API, a notebook or Dagster, planned and enqueued by a sensor, counted until it ends.';
call app.protect('app.experiment_run');

create table app.run_item (
    tenant_id uuid not null,
    run_id uuid not null,
    message_id uuid not null,
    prompt_hash text not null,
    config_hash text not null,
    input_hash bytea not null,
    local_day date not null,
    -- The answer was there before this run asked.
    reused boolean not null,
    primary key (tenant_id, run_id, message_id, prompt_hash, config_hash)
);
create index run_item_day on app.run_item (tenant_id, run_id, local_day);
comment on table app.run_item is 'One row per call that a run stands on, with whether it was paid for by an earlier one.';
call app.protect('app.run_item');

create table app.comparison (
    tenant_id uuid not null,
    report_hash text not null check (report_hash like 'r1:%'),
    experiment_id uuid,
    run_id uuid,
    dataset_hash text not null,
    baseline_hash text not null,
    candidate_hash text not null,
    config_hash text not null,
    -- pass, fail, undecided: the gates together.
    outcome text not null check (outcome in ('pass', 'fail', 'undecided')),
    verdict text not null,
    -- The canonical bytes that the hash was taken over: aggregates only.
    card bytea not null,
    code_version text not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, report_hash)
);
create index comparison_of on app.comparison (tenant_id, candidate_hash, created_at);
comment on table app.comparison is
'One row per report, named by the SHA-256 of its canonical JSON: the same data and code give the same hash. Immutable.';
call app.protect('app.comparison');
create trigger comparison_is_immutable before update or delete on app.comparison
for each row execute function app.refuse_change();

create table app.label_request (
    tenant_id uuid not null,
    batch_id uuid not null,
    message_id uuid not null,
    stratum text not null,
    pi_sampling double precision not null check (pi_sampling > 0 and pi_sampling <= 1),
    raters_wanted smallint not null default 1 check (raters_wanted between 1 and 5),
    created_at timestamptz not null default now(),
    primary key (tenant_id, batch_id, message_id)
);
comment on table app.label_request is
'One row per message that people are asked to judge, with the known probability with which it was drawn.';
call app.protect('app.label_request');

create table app.human_label (
    tenant_id uuid not null,
    message_id uuid not null,
    rater text not null,
    rubric_version text not null,
    input_revision integer not null,
    sentiment numeric(4, 3) not null check (sentiment between -1 and 1),
    satisfaction smallint check (satisfaction between 0 and 100),
    emotion text,
    tone text,
    pi_sampling double precision not null default 1 check (pi_sampling > 0 and pi_sampling <= 1),
    labelled_at timestamptz not null default now(),
    primary key (tenant_id, message_id, rubric_version, rater)
);
comment on table app.human_label is 'One row per message, rater and rubric: what a person says the message expresses.';
call app.protect('app.human_label');

create table app.outcome (
    tenant_id uuid not null,
    chat_id uuid not null,
    -- recontact_72h now; csat, churn, escalation when somebody measures them.
    kind text not null,
    observed_on date not null,
    value double precision not null,
    primary key (tenant_id, chat_id, kind, observed_on)
);
comment on table app.outcome is 'One row per chat, kind and day: what happened afterwards, to hold scores against.';
call app.protect('app.outcome');

create table app.prompt_policy (
    tenant_id uuid not null,
    name text not null,
    -- A move of champion needs a second person.
    four_eyes boolean not null default false,
    -- A move of champion needs a passing report.
    needs_report boolean not null default true,
    primary key (tenant_id, name)
);
comment on table app.prompt_policy is 'One row per prompt name: what a move of its champion needs. A tenant''s row goes before everybody''s.';
call app.protect('app.prompt_policy', true);

-- What a run paid for; production answers carry no run.
create index inference_run on app.inference (tenant_id, run_id) where run_id is not null;
create index ai_task_run on app.ai_task (tenant_id, run_id) where run_id is not null;

grant select on
app.experiment, app.arm, app.experiment_event, app.dataset, app.dataset_item, app.experiment_run, app.run_item,
app.comparison, app.label_request, app.human_label, app.outcome, app.prompt_policy to evosense_api, evosense_analyst;
grant insert on app.experiment, app.arm, app.experiment_event, app.experiment_run, app.human_label to evosense_api;
grant update (state, ended_at) on app.experiment to evosense_api;
grant update (state, ended_at) on app.experiment_run to evosense_api;
grant update (sentiment, satisfaction, emotion, tone, labelled_at) on app.human_label to evosense_api;
grant delete on app.prompt_channel to evosense_api;
grant select, insert, update, delete on
app.experiment, app.arm, app.experiment_event, app.dataset, app.dataset_item, app.experiment_run, app.run_item,
app.comparison, app.label_request, app.human_label, app.outcome, app.prompt_policy to evosense_pipeline;
