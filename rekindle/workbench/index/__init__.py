"""A local index over the topics: what `why` and `report` read. Can be built anew at will; holds no address in clear."""
