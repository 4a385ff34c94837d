"""The benchmark: what things cost, as ratios measured in one run, since machines differ and ratios stay."""
