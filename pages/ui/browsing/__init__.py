"""What the Dataset page is made of: the choice of sessions, figures, strips, and making and deleting data sets."""
