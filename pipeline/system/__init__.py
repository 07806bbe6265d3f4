"""What does every wing stand on? Files, locks, confinement, pages, signed records."""
