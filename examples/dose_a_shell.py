"""How much precursor for two layers of ZnSe and three of ZnS?

You have 220 nmol of InP with its first exciton at 580 nm and want InP/ZnSe/ZnS. The size follows from a
published sizing curve, with its error; the amounts follow from the volume of each shell. What "one layer"
is, differs from paper to paper: the last lines show how much that alone changes.
"""

from __future__ import annotations

from epidot import dose

SHELLS = [("ZnSe", 2), ("ZnS", 3)]

sheet = dose("InP", SHELLS, peak_nm=580.0, amount_mol=220e-9)
print(sheet.text())

print("\nZinc oleate in all, by what is called one layer:")
for layer in ("half-lattice", "d111", 0.35):
    asked = dose("InP", SHELLS, peak_nm=580.0, amount_mol=220e-9, layer=layer)
    zinc = [a for shell in asked.shells for a in shell.additions if a.species == "Zn(OA)2"]
    name = layer if isinstance(layer, str) else f"{layer} nm"
    print(f"  {name:12s} {1e3 * sum(a.mol for a in zinc):.2f} mmol")
