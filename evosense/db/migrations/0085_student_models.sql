-- A small model of each tenant's own, learned from its champion's scores and its people's labels.

create table app.student_model (
    tenant_id uuid primary key references app.tenant (tenant_id),
    -- Names these very weights in model_config.
    config_hash text not null,
    -- npz: float16 weights over hashed features, and the emotions that it can tell. Holds no text.
    weights bytea not null,
    -- What it reached on held-out chats, beside the embedded rules.
    quality jsonb not null,
    trained_at timestamptz not null default now()
);
comment on table app.student_model is
'One row per tenant: the student that was trained last. Scores only where the tenant''s list of backends names it.';
call app.protect('app.student_model');
grant select (tenant_id, config_hash, quality, trained_at) on app.student_model to evosense_api, evosense_analyst;
grant select, insert, update, delete on app.student_model to evosense_pipeline;
