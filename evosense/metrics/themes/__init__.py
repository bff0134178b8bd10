"""What customers talk about, how much each theme moves the score, and which themes are new."""
