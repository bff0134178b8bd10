-- When the warehouse was built, and with which columns: a build looks at what was answered since the last one, and
-- serving reads marts only where they have the columns that it knows.
create table app.warehouse_build (
    id bigint generated always as identity primary key,
    -- Before anything was read: what is committed later belongs to the next build.
    began_at timestamptz not null,
    ended_at timestamptz not null default clock_timestamp(),
    -- evosense.metrics.shape: changes with the columns of the marts.
    shape text not null,
    -- orchestration.warehouse.project: changes with any text of the dbt project.
    project text not null
);
comment on table app.warehouse_build is
'One row per build of the warehouse that succeeded, tests included; the last hundred are kept.';
grant select on app.warehouse_build to evosense_api, evosense_analyst;
grant select, insert, delete on app.warehouse_build to evosense_pipeline;
