"""Figures, tables and claims: reads results files only, so that nothing here needs torch."""
