"""Opening traces: segmentation, selection, histograms, peaks and their errors, plateau lengths."""
