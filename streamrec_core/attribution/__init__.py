"""What a recommendation rests on: removal, gradients, and how far attention agrees with them."""
