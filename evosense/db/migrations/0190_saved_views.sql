-- What people look at every day goes with them from one browser to the next.
create table app.saved_view (
    tenant_id uuid not null,
    user_id uuid not null,
    page text not null check (page in ('messages', 'conversations')),
    name text not null check (length(name) between 1 and 40),
    -- The query of the page's address, which says what is filtered by; none of what it finds.
    address text not null check (length(address) <= 1000),
    place smallint not null,
    primary key (tenant_id, user_id, page, name),
    foreign key (tenant_id, user_id) references app.app_user (tenant_id, user_id) on delete cascade
);
comment on table app.saved_view is
'One row per set of filters that a person keeps under a name for a page of lists, in the order that they gave them.';
call app.protect('app.saved_view');
grant select, insert, update, delete on app.saved_view to evosense_api;
grant select, delete on app.saved_view to evosense_pipeline;
