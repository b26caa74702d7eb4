"""The private study of a search, which is asked: it needs every trial many times over, so it lies in memory."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...data.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.study import Study

SAMPLERS = ("tpe", "nsga2")
PRUNERS = ("median", "halving")


def need_optuna() -> None:
    """ConfigError with what to install where Optuna is missing; else keep it from talking."""
    try:
        import optuna
    except ImportError:
        raise ConfigError(
            "a search needs Optuna, which is not installed; run `pip install 'launchlab[search]'`"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def sampler(kind: str, batch: int, seed: Sequence[int]) -> "BaseSampler":
    """Proposes a batch; the first batch of a study is drawn at random, a batch is a generation of NSGA-II."""
    from optuna.samplers import NSGAIISampler, TPESampler

    word = int(np.random.SeedSequence(list(seed)).generate_state(1)[0])
    if kind == "tpe":
        return TPESampler(seed=word, n_startup_trials=batch, constant_liar=True)
    return NSGAIISampler(seed=word, population_size=batch)


def pruner(kind: str | None, batch: int) -> "BasePruner":
    """Ends trials that did worse on the early market: than half of those completed, or all but the best quarter."""
    from optuna.pruners import MedianPruner, NopPruner, SuccessiveHalvingPruner

    if kind == "median":
        return MedianPruner(n_startup_trials=batch)
    if kind == "halving":
        return SuccessiveHalvingPruner(min_resource=1, reduction_factor=4)
    return NopPruner()


def recall(samples: "BaseSampler", study: "Study") -> None:
    """Let NSGA-II choose the parents of past generations in the order in which it once did.

    It breaks ties by an order that depends on what it has chosen before; without this a resumed search would differ.
    """
    from optuna.samplers import NSGAIISampler

    if isinstance(samples, NSGAIISampler):
        trials = study.get_trials(deepcopy=False)
        last = max((samples.get_trial_generation(study, trial) for trial in trials), default=0)
        for generation in range(1, last + 1):
            samples.get_parent_population(study, generation)


def private(objectives: int, prunes: "BasePruner") -> "Study":
    """An empty study in memory."""
    from optuna import create_study

    return create_study(directions=["maximize"] * objectives, pruner=prunes)


def study_name(question: str) -> str:
    """The same for everybody who asks the same question."""
    return f"launchlab-{hashlib.sha256(question.encode()).hexdigest()[:16]}"


def known(word: str, words: Sequence[str], what: str) -> str:
    """The word, or a ConfigError that offers the nearest one."""
    if word not in words:
        raise ConfigError(
            f"there is no {what} {word!r}{did_you_mean(word, words)}; choose one of {', '.join(words)}"
        )
    return word
