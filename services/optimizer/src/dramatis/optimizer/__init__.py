"""Which stimuli are worth sending? Plans, found in simulation and judged on other draws."""
