"""A stand-in for AI servers: real HTTP at the doors of Ollama, OpenAI, n8n and MCP, with scripted behaviour."""

from evosense.testing.ai.script import Fault, Script
from evosense.testing.ai.server import AiStandIn

__all__ = ["AiStandIn", "Fault", "Script"]
