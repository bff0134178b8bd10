-- run-as: login
-- The roles of the platform and the schemas they meet in. Roles belong to the whole server, so each may
-- exist already; everything after this file runs as evosense_owner.

create extension if not exists vector;

do $$
declare
    wanted text;
begin
    foreach wanted in array array[
        'evosense_owner', 'evosense_api', 'evosense_pipeline', 'evosense_analyst', 'evosense_search', 'evosense_auth'
    ] loop
        begin
            execute format('create role %I nologin noinherit', wanted);
        exception when duplicate_object or unique_violation then
            null; -- made by an earlier database of this server
        end;
        -- The login that runs the processes takes these roles on by its start-up option `role`.
        if not pg_has_role(current_user, wanted, 'set') then
            execute format('grant %I to current_user', wanted);
        end if;
    end loop;
    -- The owner hands the definer functions over to their roles, and only for that.
    if not pg_has_role('evosense_owner', 'evosense_search', 'set') then
        grant evosense_search to evosense_owner;
    end if;
    if not pg_has_role('evosense_owner', 'evosense_auth', 'set') then
        grant evosense_auth to evosense_owner;
    end if;
end
$$;

create schema app authorization evosense_owner;
create schema raw authorization evosense_owner;
-- dbt makes and replaces its own tables here.
create schema analytics authorization evosense_pipeline;

grant usage on schema app to evosense_api, evosense_pipeline, evosense_analyst, evosense_search, evosense_auth;
grant usage on schema raw to evosense_pipeline;
grant usage on schema analytics to evosense_api, evosense_analyst;
do $$
begin
    -- dbt creates schemas only when they are missing, but asks for the right all the same; temp is for COPY stages.
    execute format('grant create, temporary on database %I to evosense_pipeline', current_database());
    execute format('grant temporary on database %I to evosense_api, evosense_analyst', current_database());
end
$$;
