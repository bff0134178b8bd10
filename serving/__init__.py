"""FastAPI: who may see what, and how."""
