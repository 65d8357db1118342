"""What every job of the workflow needs around its work: device, memory, locks, provenance."""
