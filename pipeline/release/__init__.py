"""What leaves the building? Cells, manifest and PDF, moved into place as a whole."""
