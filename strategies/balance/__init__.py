"""What makes a basket fair: weights, the beta of one side against the other, hedges, launches that overlap.

Tables of legs go in and come out; every estimate is of sessions before the launch alone.
"""
