"""Check of attention: the share that the predicting position gives to padding, MASK and other positions of no event."""

from __future__ import annotations

import numpy as np

from streamrec_core.attention.padding import padding_attention
from streamrec_core.attention.special_positions import special_shares
from streamrec_core.diagnosis.model_check.finding import ModelFinding
from streamrec_core.diagnosis.model_check.sample import CheckedModel


def attention_on_padding(checked: CheckedModel) -> ModelFinding:
    """Whether heads attend to positions without an event, so that weights say less of the events than they seem to."""
    name = "attention on padding"
    if not checked.model.attention_probes():
        return ModelFinding(name, "not checked", "The model shows no attention.")
    size = len(checked.dataset.catalogue)
    special = np.stack(special_shares(checked.model, checked.probes, size))  # (B, layers, H)
    shares = (
        special.reshape(len(special), -1) if special.size else padding_attention(checked.model, checked.probes, size)
    )
    if not shares.size:
        return ModelFinding(name, "not checked", "No history of the sample is padded beside a longer one.")
    mean, largest = float(shares.mean()), float(shares.mean(0).max())
    evidence = {"histories": len(shares), "heads": shares.shape[1], "share": mean, "largest_head": largest}
    where = "padding, MASK or other positions without an event" if special.size else "padding"
    if mean <= checked.settings.padding_attention:
        return ModelFinding(name, "ok", f"{mean:.1%} of the attention lies on {where}.", evidence)
    text = f"{mean:.0%} of the attention lies on {where}, {largest:.0%} in the head with most."
    way_out = "Pass a padding mask to attention; until then read weights as shares of the events alone."
    return ModelFinding(name, "warning", text, evidence, way_out)
