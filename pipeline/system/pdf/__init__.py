"""How does HTML become a PDF? Written, repaired, checked."""
