"""Sets of binary images: their sources, prepared and as training walks through them."""
