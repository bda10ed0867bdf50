"""The funnel: how many candidates, why not, sent, accepted, opened, clicked, ordered; and which variant did better."""
