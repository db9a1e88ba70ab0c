"""Which stimuli are worth sending? Plans, found in simulation and judged where nothing was learnt."""
