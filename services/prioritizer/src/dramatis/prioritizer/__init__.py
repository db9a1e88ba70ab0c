"""The prioritizer: what should this recipient get now, if anything?"""
