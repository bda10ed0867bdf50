"""The catalogue of triggers: what there is, a new one, and a site to read it in."""
