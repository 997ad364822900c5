"""From evidence to words: what was looked at, which reasons it gives, and the sentence for them."""
