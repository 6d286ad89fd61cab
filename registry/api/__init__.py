"""The REST layer over the registry: what it reads, and in what words it refuses."""
