-- Vectors that come late mark their day while a build may be under way. What was marked after the build had taken its days
-- must wait for the next one, so each mark is counted, and a build forgets only what it took.

alter table app.stale_day add column marks integer not null default 1 check (marks > 0);
alter table app.stale_day add column taken integer not null default 0;
comment on column app.stale_day.marks is 'How often late vectors marked the day.';
comment on column app.stale_day.taken is 'How many marks there were when the last build took the day; it forgets the day if there are no more.';
