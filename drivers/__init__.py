"""One instrument a file; vendor libraries live here and nowhere else."""
