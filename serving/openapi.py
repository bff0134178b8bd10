"""`python -m serving.openapi`: the API's OpenAPI document, as committed for the dashboard's typed client.

Needs no database and no settings: the document is the same whatever they are.
"""

from __future__ import annotations

import json
import sys

from pydantic import SecretStr

from evosense.settings import DatabaseSettings, SecuritySettings, ServingSettings
from serving.app import create_app


def document() -> str:
    """The document as text, in a stable order, with a final newline."""
    app = create_app(
        database=DatabaseSettings.model_construct(database_url=None, database_direct_url=None),
        # Never used: nothing is signed or opened before the application starts.
        security=SecuritySettings.model_construct(secret_key=SecretStr("x" * 40), secret_key_previous=None),
        settings=ServingSettings.model_construct(public_url=None, metrics_token=None),
    )
    return json.dumps(app.openapi(), sort_keys=True, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
