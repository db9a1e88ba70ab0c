"""The Bayesian network: persona, traits, stimuli, the state of the world, response stages."""
