"""What the Explore page shows of checks: claims, removal, counterfactuals."""
