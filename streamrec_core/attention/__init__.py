"""See what each attention head looks at, and name the pattern."""
