"""Result in, Plotly figure out: pure functions that know neither where a result came from nor who looks at it."""
