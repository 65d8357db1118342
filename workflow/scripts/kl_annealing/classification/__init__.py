"""Classes of sentences told from their latents, by classifiers that know some of the labels."""
