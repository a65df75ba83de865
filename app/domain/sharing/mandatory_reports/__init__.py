"""Reports that the law asks of one person."""
