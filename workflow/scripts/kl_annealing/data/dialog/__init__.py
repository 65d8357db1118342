"""Dialogs: their corpora, windows and references, prepared and as training walks through them."""
