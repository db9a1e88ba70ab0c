"""Replay of a randomized past campaign: what would these decisions have earned?"""
