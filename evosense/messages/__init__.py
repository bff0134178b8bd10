"""Messages: from canonical events to rows, and the one transaction that stores them."""
