"""The claims of the papers that one run answers, for its report."""

from __future__ import annotations

from epidot.papers import paper as papers
from epidot.papers.claims import ClaimResult, judge, share_runs
from epidot.papers.experiments import Experiments
from epidot.papers.fitted import fitted_claims
from epidot.recipe import recipe as recipes
from epidot.runs.engines import shipped_recipe
from epidot.runs.order import MECHANISM
from epidot.runs.run import Run


def claims_of(run: Run) -> tuple[list[ClaimResult], list[str]]:
    """The claims that ``run`` answers with its own dots, and the ids of those it touches but cannot answer.

    A claim that compares recipes, or asks for another hypothesis or supply, needs other runs, which
    ``epidot claims`` carries out.  Of a recipe or a mechanism of one's own the papers claim nothing.
    """
    order = run.setting.order
    name, known = order.recipe.name, set(recipes.shipped())
    if name not in known or order.recipe.text != shipped_recipe(name).text or order.mechanism != MECHANISM:
        return [], []
    fitted = fitted_claims()
    answered: list[ClaimResult] = []
    others: list[str] = []
    sources = [papers.paper(key) for key in papers.shipped()]
    benches = [Experiments(source.dots, only=run) for source in sources]
    share_runs(benches)
    for source, experiments in zip(sources, benches, strict=True):
        for claim in source.claims:
            named = claim.check.texts & known
            if name not in named:
                continue
            result = judge(claim, source, experiments, fitted, (order.engine,)) if named == {name} else None
            if result is None or result.refused:
                others.append(claim.id)
            else:
                answered.append(result)
    return answered, others
