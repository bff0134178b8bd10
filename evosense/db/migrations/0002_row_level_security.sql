-- The three functions through which every table gets its isolation. See docs/database.md, "Isolation".

-- The tenant of the current transaction, or null when none was set (then policies show nothing).
create function app.current_tenant() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.tenant_id', true), '')::uuid;

-- Rows that belong to everybody (global prompts and models) carry this tenant id.
create function app.everyone() returns uuid
language sql immutable parallel safe
return '00000000-0000-0000-0000-000000000000'::uuid;

-- Switches row level security on, for the owner too, and writes the policies of the roles.
-- `shared`: rows of app.everyone() are readable (never writable) by each tenant.
create procedure app.protect(target regclass, shared boolean default false)
language plpgsql
as $$
declare
    mine constant text := 'tenant_id = (select app.current_tenant())';
    visible text := mine;
begin
    if shared then
        visible := 'tenant_id in (app.everyone(), (select app.current_tenant()))';
    end if;
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    if shared then
        execute format('create policy tenant_reads on %s for select to evosense_api using (%s)', target, visible);
    end if;
    execute format(
        'create policy tenant_rows on %s to evosense_api using (%s) with check (%s)', target, mine, mine
    );
    execute format('create policy pipeline_rows on %s to evosense_pipeline using (true) with check (true)', target);
    execute format('create policy analyst_rows on %s for select to evosense_analyst using (true)', target);
end
$$;

-- Makes one partition and protects it: partitions inherit neither row level security nor policies.
-- The API role gets no grant on partitions, so it can reach them through the parent only.
create procedure app.make_partition(parent regclass, partition_name text, bounds text)
language plpgsql
as $$
declare
    space text;
begin
    select n.nspname into strict space
    from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = parent;
    execute format('create table %I.%I partition of %s %s', space, partition_name, parent, bounds);
    call app.protect(format('%I.%I', space, partition_name)::regclass);
end
$$;

-- Sixteen hash partitions by tenant: few enough to plan quickly, enough to spread vacuum and to map to shards.
create procedure app.make_hash_partitions(parent regclass, stem text)
language plpgsql
as $$
begin
    for remainder in 0..15 loop
        call app.make_partition(
            parent, format('%s_p%s', stem, to_char(remainder, 'FM00')),
            format('for values with (modulus 16, remainder %s)', remainder)
        );
    end loop;
end
$$;
