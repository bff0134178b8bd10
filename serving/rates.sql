-- name: take
-- One row: how many permits of a key were granted, and the seconds until its window ends.
select
    t.granted,
    t.seconds_left
from app.take_permits(%(key)s, %(most)s, %(seconds)s, %(wanted)s) as t;

-- name: forget
-- No row: removes counts that no window reaches any more.
delete from app.rate_count where window_start < now() - interval '1 day';
