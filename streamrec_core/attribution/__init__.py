"""Attribution of a recommendation to events and heads: contributions, attention, gradients, removal, counterfactual."""
