"""Verbs in four tenses: their sources, prepared and as training walks through them."""
