"""Spectra of noise: Welch averages, narrow lines, and fits of white and 1/f noise."""
