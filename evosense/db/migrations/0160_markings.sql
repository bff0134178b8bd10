-- Serving keeps what it read of open days for as long as nothing changed. Rows are only ever added to app.dirty, so
-- their number tells one state of a tenant from another, until marking takes them away; then this number moves, in the
-- same transaction. The two together never say the same of different states.
create table app.marking (
    id boolean primary key default true check (id),
    taken bigint not null default 0
);
comment on table app.marking is 'One row: how often marking has taken rows away from app.dirty.';
insert into app.marking (taken) values (0);
grant select on app.marking to evosense_api, evosense_analyst;
grant select, update on app.marking to evosense_pipeline;
