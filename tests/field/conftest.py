"""Some files here import what is not there: they are read by the checker alone."""

collect_ignore_glob = ["files/import_*"]
