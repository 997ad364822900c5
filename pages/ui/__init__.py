"""What pages are made of: loaders, state, controls and components."""
