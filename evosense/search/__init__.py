"""Finding messages: by time, by words, by likeness."""
