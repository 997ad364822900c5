"""One explanation as a matrix of events and heads, drawn alike in the dashboard, in a notebook and in an HTML file."""
