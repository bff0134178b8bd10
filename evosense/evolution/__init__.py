"""Evolution API on the wire: codec, link, HTTP client and canonical events. Knows no database."""
