"""What a trained model is worth: likelihood bounds, and what its latent variable carries."""
