"""The simulator: what would the personas answer to something never sent?"""
