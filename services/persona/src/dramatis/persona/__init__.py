"""The persona service: who are they, and what do we now believe?"""
