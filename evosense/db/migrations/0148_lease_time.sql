-- Eight seconds, so that a dead listener's connections are heard again within ten on a busy machine as well.
comment on table app.connection_lease is
'One row per connection that a listener holds. Renewed every 3 s, expires after 8 s; the fence is checked at each flush, so a listener that lost its lease writes nothing.';
comment on table app.listener is
'One row per running listener process; one that is not seen for 8 s is dead and its leases are taken over.';
