"""Remedies for KL vanishing in variational autoencoders."""

import os

# Threads that wait for each other spin at first; on busy cores they then wait for one that cannot
# run. A short spin costs nothing on idle cores. Read once, when torch is first imported.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
