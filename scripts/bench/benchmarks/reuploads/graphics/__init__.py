"""Graphics for hard negatives: pages, patterns and drawn things that look alike and show something else."""
