"""Figures, tables, claims and plans: reads results files only, so that nothing here needs torch."""
