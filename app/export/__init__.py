"""Results in the formats of other programs, each number with where it comes from."""
