"""Sentences from a trained model: from the prior, reconstructed, and between two others."""
