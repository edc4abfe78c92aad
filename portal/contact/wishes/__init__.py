"""What children and young people miss, counted without a name."""
