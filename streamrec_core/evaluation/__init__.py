"""How good a recommendation is: whole-catalogue ranking, intervals, and what could be reached at best."""
