"""What stands under the first look on Explore: checked words, evidence event by event, and what would change it."""
