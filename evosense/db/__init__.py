"""The database: connections, tenancy, named queries, migrations and the embedded server."""
