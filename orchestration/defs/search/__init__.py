"""When search is kept in shape: every night, and after messages were embedded anew whenever somebody asks."""

from __future__ import annotations

from orchestration.defs.search.assets import search_vocabulary, vector_tiers
from orchestration.defs.search.schedules import keep_search_every_night, search_job

ASSETS = [search_vocabulary, vector_tiers]
JOBS = [search_job]
SCHEDULES = [keep_search_every_night]
