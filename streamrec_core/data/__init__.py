"""Sessions: event log, catalogue, synthetic presets, importers, splits, batches and storage."""
