"""What several pages share: the workbench, URL state, controls, notices and cached results."""
