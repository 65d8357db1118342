"""Remedies for KL vanishing in variational autoencoders: schedules, models, training, evaluation."""
