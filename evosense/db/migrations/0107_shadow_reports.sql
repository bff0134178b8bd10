-- A shadow's sample is a dataset too: what a ready challenger is promoted on is a report over exactly these messages.
alter table app.dataset drop constraint dataset_kind_check;
alter table app.dataset add constraint dataset_kind_check check (kind in ('window', 'gold', 'shadow'));
