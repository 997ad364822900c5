"""What the Report page is made of."""
