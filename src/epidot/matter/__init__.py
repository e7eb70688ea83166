"""Materials, alloys, ligands and reagents: lookups with sources."""
