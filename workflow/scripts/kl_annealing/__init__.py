"""Remedies for KL vanishing in variational autoencoders."""
