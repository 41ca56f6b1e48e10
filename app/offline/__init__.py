"""Analysis of recordings and folders."""
