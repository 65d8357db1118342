"""Files that exist whole or not at all, and what is said of those that do not."""
