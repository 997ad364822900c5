"""The worker process of a model of another library, which runs in the Python of that model."""
