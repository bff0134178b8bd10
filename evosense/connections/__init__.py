"""Connections: the WhatsApp numbers that we listen to, who listens to them, and what was missed."""
