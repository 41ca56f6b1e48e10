"""Current-voltage curves: means over junctions, transition voltage."""
