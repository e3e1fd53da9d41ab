"""One file a day-one check. A check looks, and says what it did, what it saw and what to do next.

Checks change nothing by themselves: the trial they look at is made and taken away by `readiness`.
"""
