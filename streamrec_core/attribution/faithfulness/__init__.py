"""Faithfulness of explanations: explainers measured against removal, and attention replaced while the model runs."""
