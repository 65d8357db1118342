"""What generated sentences have in common with given ones, and with each other; without torch."""
