"""What there is to do and how long it takes, found on this machine before the work."""
