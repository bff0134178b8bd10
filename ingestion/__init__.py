"""The long-running listener: connect, receive, store."""
