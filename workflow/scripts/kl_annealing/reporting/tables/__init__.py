"""Tables: one file each, `build(study) -> Table`; `tables.table.write` puts it on disk."""
