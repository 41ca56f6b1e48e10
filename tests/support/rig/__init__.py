"""Served rigs, benches and plans to run on them."""
