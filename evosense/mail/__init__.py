"""Mail: letters to people, and the ways in which they go out."""
