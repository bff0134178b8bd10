"""What goes over the wire, with examples: the API's contract."""
