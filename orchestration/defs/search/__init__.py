"""When search is kept in shape: every night, once on a company's first day, and whenever somebody asks."""

from __future__ import annotations

from orchestration.defs.search.assets import search_vocabulary, vector_tiers
from orchestration.defs.search.schedules import keep_search_every_night, search_job
from orchestration.defs.search.sensors import first_words_job, learn_first_words

ASSETS = [search_vocabulary, vector_tiers]
JOBS = [search_job, first_words_job]
SENSORS = [learn_first_words]
SCHEDULES = [keep_search_every_night]
