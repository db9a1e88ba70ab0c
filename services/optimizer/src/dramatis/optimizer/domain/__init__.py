"""The problem, the policies, and how they are judged. No I/O."""
