-- Which of two names of a person to keep: the newer one; of equal names the earlier time, since when we know it, so that
-- the same name with every message writes nothing and the order of arrival does not matter.
create function app.is_better_name(known_digest bytea, known_at timestamptz, new_digest bytea, new_at timestamptz)
returns boolean
language sql immutable parallel safe
return case
    when new_digest is null then false
    when known_digest is null then true
    when new_digest = known_digest then new_at < known_at
    else (new_at, new_digest) > (known_at, known_digest)
end;
