"""Charts: pure functions from a result to a Plotly figure or a Vega-Lite spec."""
