"""Steps whose outcome is declared, not computed: precursor reactions, cores, described shells, oxidation."""

from __future__ import annotations

from epidot.dot import composition
from epidot.dot.lattice import MAX_DIAMETER_NM
from epidot.dot.layers import Layer
from epidot.errors import InputError, nearest
from epidot.matter import materials
from epidot.recipe import formatting, schema
from epidot.recipe.equation import Equation
from epidot.recipe.events import DescribeShell, FormCore, OxidiseCore, React
from epidot.recipe.parsing import Done
from epidot.recipe.planned_flask import PlannedFlask


def react(flask: PlannedFlask, step: Done) -> None:
    want: schema.React = step.only
    with flask.placed(want, "equation"):
        equation = Equation.read(want.equation)
        equation.check(flask.stockroom)
        extent = flask.extent(want.extent, step)
        moles = extent * equation.limit(flask.liquor)
        change = {k: v * moles for k, v in equation.change.items()}
        gone = {}
        for name in want.leaves:
            if name not in change or change[name] <= 0:
                raise InputError(
                    "only something the reaction makes can leave",
                    seen=name,
                    nearest=nearest(name, [k for k, v in change.items() if v > 0]),
                )
            gone[name] = change[name]
        for name, n in change.items():
            flask.liquor[name] = max(0.0, flask.liquor.get(name, 0.0) + n - gone.get(name, 0.0))
        text = f"{equation}: {formatting.amount(moles)} converted"
        if gone:
            text += f"; {', '.join(gone)} leaves the flask"
        flask.put(
            React(
                line=step.line,
                text=text,
                start_s=flask.clock,
                equation=str(equation),
                change=change,
                leaves=gone,
            )
        )


def form_core(flask: PlannedFlask, step: Done) -> None:
    want: schema.FormCore = step.only
    grown = step.kind == "grow core"
    if grown and flask.dots_mol == 0:
        want.fault("there are no cores to grow", remedy='write "form core" first')
        return
    if not grown and flask.dots_mol > 0:
        remedy = 'write "grow core" to make them larger'
        want.fault("there are cores in the flask already", remedy=remedy)
        return
    diameter = flask.described_core(want)
    with flask.placed(want):
        equation = Equation.read(want.equation)
        equation.check(flask.stockroom)
        made = equation.change.get(want.material, 0.0)
        if made <= 0:
            raise InputError(
                "the equation does not make the core material",
                seen=want.equation,
                remedy=f"{want.material} must stand on its right side",
            )
        if diameter <= 0:
            return
        a_nm = materials.material(want.material)["a_nm"]
        units = composition.anions_per_core(diameter, a_nm)
        available = equation.limit(flask.liquor) * made
        if grown:
            if diameter <= flask.diameter:
                raise InputError(
                    "cores only grow to a larger diameter",
                    seen=f"{diameter:.4g} nm",
                    remedy=f"they are {flask.diameter:.4g} nm now",
                )
            solid = flask.dots_mol * (units - composition.anions_per_core(flask.diameter, a_nm))
            if solid > available * (1 + 1e-9):
                raise InputError(
                    f"growing to {diameter:.4g} nm needs {formatting.amount(solid)} of {want.material}",
                    seen=f"enough for {formatting.amount(available)}",
                    remedy="add more precursor before this step",
                )
            dots = flask.dots_mol
        else:
            solid = flask.extent(want.extent, step) * available
            dots = solid / units
        change = {k: v * solid / made for k, v in equation.change.items() if k != want.material}
        for name, n in change.items():
            flask.liquor[name] = max(0.0, flask.liquor.get(name, 0.0) + n)
        flask.dots_mol, flask.diameter = dots, diameter
        verb = "grow to" if grown else "form with"
        text = (
            f"{want.material} cores {verb} {diameter:.4g} nm ({formatting.amount(dots)} of dots, "
            f"{units:.0f} formula units each), as described"
        )
        if want.sigma is None:
            flask.no_spread(step.line, step.kind)
        flask.put(
            FormCore(
                line=step.line,
                text=text,
                start_s=flask.clock,
                material=want.material,
                diameter_nm=diameter,
                dots_mol=dots,
                solid_mol=solid,
                change=change,
                sigma_rel=want.sigma or 0.0,
                ligand=want.ligand,
                grown=grown,
            )
        )


def shell(flask: PlannedFlask, step: Done) -> None:
    want: schema.Shell = step.only
    if not flask.has_dots(want, step.kind):
        return
    flask.check_material(want)
    if (want.thickness is None) == (want.layers is None):
        want.fault(
            "a shell needs a thickness or a number of layers",
            seen="both" if want.thickness is not None else "neither",
            remedy='write "thickness: 0.7 nm" or "layers: 2"',
        )
        return
    if want.layer is not None and want.layers is None:
        want.fault(
            "a layer convention goes with layers, not with a thickness",
            "layer",
            seen=want.layer,
        )
    if want.layers is not None and want.layer is None:
        flask.note(step.line, "shell: layer", composition.LAYER, "one (111) bilayer")
    with flask.placed(want):
        if want.thickness is not None:
            thickness = want.thickness
        else:
            one = composition.parse_layer(want.layer or composition.LAYER)
            thickness = (want.layers or 0.0) * composition.layer_thickness_nm(want.material, one)
        most = MAX_DIAMETER_NM / 2 - flask.diameter / 2 - flask.shells_nm
        if thickness > most:
            raise InputError(
                f"the dot would be larger than {MAX_DIAMETER_NM:g} nm, the largest whose atoms are drawn",
                seen=f"{thickness:.3g} nm of {want.material}",
                nearest=(f"at most {max(most, 0.0):.3g} nm",),
                remedy="check that the thickness is in nm",
            )
        flask.shells_nm += thickness
        layer = Layer(
            want.material,
            thickness,
            want.coherency,
            1.0 if want.crystalline is None else want.crystalline,
        )
        flask.put(
            DescribeShell(
                line=step.line,
                start_s=flask.clock,
                layer=layer,
                text=f"a shell of {thickness:.3g} nm {want.material} is there, as described",
            )
        )


def oxidise_core(flask: PlannedFlask, step: Done) -> None:
    want: schema.OxidiseCore = step.only
    if not flask.has_dots(want, step.kind):
        return
    if (want.share is None) == (want.units is None):
        want.fault(
            "an oxidised core needs a share of its surface or units per dot",
            seen="both" if want.share is not None else "neither",
            remedy='write "share: 50 %" or "units: 20"',
        )
        return
    share = want.share
    much = f"{want.units:g} oxide units per dot" if share is None else f"{share:.3g} of the surface cations"
    by = f" by {want.with_}" if want.with_ else ""
    flask.put(
        OxidiseCore(
            line=step.line,
            start_s=flask.clock,
            oxidant=want.with_,
            share=share,
            units_per_dot=want.units,
            text=f"the core is oxidised{by}: {much}, as described",
        )
    )
