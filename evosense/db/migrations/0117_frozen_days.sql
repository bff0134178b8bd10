-- Whether a day is frozen is asked for every day that is marked, whatever the mart.
create index frozen_figure_day on app.frozen_figure (tenant_id, local_day);
