-- When a live time replaces one that a history told, the day that the message leaves has to be computed again too, and
-- only the statement that replaces it knows which one that was.
alter table app.message add column former_sent_at timestamptz;
comment on column app.message.former_sent_at is
'The time that stood in sent_at before a better one replaced it; null for nearly all messages.';
