"""`python -m serving`: the API on uvicorn, from the settings of the environment."""

from __future__ import annotations

import sys

from evosense import log
from evosense.errors import ConfigurationError
from evosense.settings import BillingSettings, DatabaseSettings, SecuritySettings, ServingSettings, load
from evosense.tenants.keys import MasterKey
from serving.app import create_app
from serving.server import server_for


def main() -> int:
    """Serve until a signal; 2 when a setting is wrong."""
    log.configure()
    try:
        settings, database, security = load(ServingSettings), load(DatabaseSettings), load(SecuritySettings)
        database.require_url()
        MasterKey.from_secret(security.secret_key.get_secret_value())
        app = create_app(database=database, security=security, settings=settings, billing=load(BillingSettings))
    except ConfigurationError as error:
        log.get_logger("serving").error("cannot_start", detail=error.detail)
        return 2
    server_for(app, host=settings.api_host, port=settings.port or settings.api_port).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
