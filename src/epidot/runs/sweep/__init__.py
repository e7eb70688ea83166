"""Many runs of one recipe with other values in it."""
