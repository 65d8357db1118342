"""Stochastic variational inference: the posterior of each example, improved by gradient steps."""
