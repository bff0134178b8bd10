-- The silence watchdog counts a connection's reactions of a window, as the server counts them among its messages.
create index message_event_reactions on app.message_event (tenant_id, connection_id, occurred_at)
where kind = 'reaction';
