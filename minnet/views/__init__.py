"""Everything one can look at: plots, pages, notebook displays, the explorer."""
