-- What the search functions ask while they put a statement together, for a tenth less of what finding a rare word takes:
-- each change of search_path costs as much as the question asked under it. None of these is SECURITY DEFINER, each names
-- schemas itself or is parsed already, and inside the search functions theirs holds.
alter function app.require_tenant(uuid) reset search_path;
alter function app.holds(uuid, tsquery) reset search_path;
alter function app.message_sources(app.message_filter) reset search_path;
alter function app.message_conditions(uuid, app.message_filter) reset search_path;

-- As in 0080, without a cursor over what is an array of one or two.
create or replace function app.term_query(term jsonb) returns tsquery
language plpgsql immutable
as $$
declare
    folded constant text := app.fold(term ->> 'text');
    found tsquery;
begin
    if term ->> 'kind' = 'phrase' then
        found := phraseto_tsquery('pg_catalog.portuguese'::regconfig, folded);
    else
        found := plainto_tsquery('pg_catalog.portuguese'::regconfig, folded);
    end if;
    if term ->> 'kind' = 'prefix' then
        found := found || (quote_literal(folded) || ':*')::tsquery;
    end if;
    for n in 0 .. coalesce(jsonb_array_length(term -> 'instead'), 0) - 1 loop
        found := found || quote_literal(term -> 'instead' ->> n)::tsquery;
    end loop;
    return case when numnode(found) > 0 then found end;
end
$$;

create or replace function app.terms_query(terms jsonb, any_word boolean) returns tsquery
language plpgsql immutable
as $$
declare
    term jsonb;
    part tsquery;
    pending tsquery;
    wanted tsquery;
    unwanted tsquery;
begin
    for n in 0 .. jsonb_array_length(terms) - 1 loop
        term := terms -> n;
        part := app.term_query(term);
        if part is null then
            continue;
        elsif (term ->> 'without')::boolean then
            unwanted := coalesce(unwanted || part, part);
        elsif pending is not null and (any_word or (term ->> 'either')::boolean) then
            pending := pending || part;
        else
            wanted := coalesce(wanted && pending, pending, wanted);
            pending := part;
        end if;
    end loop;
    wanted := coalesce(wanted && pending, pending, wanted);
    -- Alone, "without" would match nearly everything: it never does.
    return case when wanted is not null and unwanted is not null then wanted && !!unwanted else wanted end;
end
$$;
