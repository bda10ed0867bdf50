"""The account of delivery: does every send end in exactly one outcome, and no other?"""
