"""Past days worked on again: asked for by people and schedules, launched by a sensor, one run for each request."""
