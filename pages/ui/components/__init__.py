"""Parts that more than one page may draw; each takes records and draws them."""
