"""Several trainers as one: a weighted average, or a logistic regression, of their log-odds."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from trainer.errors import ArtifactError, UsageError, did_you_mean
from trainer.models.base import ModelTrainer
from trainer.models.baselines.linear import log_odds, sigmoid
from trainer.models.ensemble.weights import average_weights, stacking_weights
from trainer.models.files.bundle import MAX_PARTS, MemberFile, read_bundle, write_bundle
from trainer.models.fitting import check_options, checked_predict, fit_trainer
from trainer.models.plugins import build, names, trainer_class
from trainer.models.rows import Rows, training_rows
from trainer.models.splitting import grouped_folds

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models.contributions import Contributions

NAME = "ensemble"
DEFAULT_MEMBERS = ("xgboost", "lightgbm", "neural_net")  # as far as they are registered
METHODS = ("average", "stacking")


@dataclass
class Member:
    """One trained model of a member, and the medians (d,) that impute missing values for it, if any."""

    trainer: ModelTrainer
    medians: np.ndarray | None


class EnsembleTrainer(ModelTrainer):
    """A weighted ensemble of cross-validated members.

    Each member is fitted once per fold, to the other folds. The out-of-fold predictions give the weights: not negative, with
    sum 1 and the least log loss. The models of the folds then are the member, which predicts the mean of their log-odds
    (bagging, with folds in place of bootstrap samples: Parmanto, Munro and Doyle 1996). With few addresses that ranks better
    than one model fitted to all of them, and it saves fitting that.

    Args:
        members: names of registered trainers; by default xgboost, lightgbm and neural_net, as far as they are registered.
        method: `average` of the members' log-odds, or `stacking`: a logistic regression on them, which may also sharpen or
            flatten their average.
        folds: number of folds of the addresses, and of models per member.
        parameters: {member: {name: value}} as `fit --param` takes them for that member.
        seed: of the folds and of the members; one seed, one model.
    """

    suffix: ClassVar[str] = ".zip"
    accepts_missing: ClassVar[bool] = True
    accepts_groups: ClassVar[bool] = True
    search_space: ClassVar[dict[str, dict[str, Any]]] = {"method": {"type": "categorical", "choices": list(METHODS)}}

    def __init__(
        self,
        members: list[str] | None = None,
        method: str = "average",
        folds: int = 5,
        parameters: dict[str, dict[str, Any]] | None = None,
        seed: int = 0,
    ) -> None:
        self.members = _checked_members(members)
        if method not in METHODS:
            raise UsageError(
                f"An ensemble has no method '{method}'{did_you_mean(str(method), METHODS)}; choose one of: {', '.join(METHODS)}."
            )
        if isinstance(folds, bool) or not isinstance(folds, int) or not 2 <= folds <= MAX_PARTS:
            raise UsageError(f"folds must be a whole number from 2 to {MAX_PARTS}, not {folds!r}.")
        self.method, self.folds, self.seed = method, folds, seed
        self.parameters = {name: dict(values) for name, values in (parameters or {}).items()}
        if unknown := sorted(set(self.parameters) - set(self.members)):
            raise UsageError(
                f"There are parameters for {', '.join(unknown)}, which is not a member; members are: {', '.join(self.members)}."
            )
        self.fitted: list[Member] = []  # the models of the first member, then those of the second, …
        self.weights: np.ndarray | None = None
        self.scale, self.intercept = 1.0, 0.0

    def check_options(self) -> None:
        """Check the parameters of each member before any data is read; see `ModelTrainer.check_options`."""
        for name in self.members:
            check_options(self._member(name))

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None, groups: Any = None) -> Any:
        """Fit each member once per fold, and the weights to out-of-fold predictions; see `ModelTrainer.train`."""
        self.fitted, self.weights, self.n_features = [], None, None
        self.scale, self.intercept = 1.0, 0.0
        rows = training_rows(X, y, sample_weights, groups)
        proba, predicted, fitted = self._out_of_fold(rows)
        unseen = (proba[predicted], rows.y[predicted], rows.weights[predicted])
        if self.method == "average":
            weights = average_weights(*unseen)
        else:
            weights, self.scale, self.intercept = stacking_weights(*unseen)
        self.fitted = [model for models in fitted for model in models]
        self.weights, self.n_features = weights, rows.X.shape[1]
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky), (n,)."""
        if self.weights is None:
            raise ValueError("The model is not trained: call train or load first.")
        return sigmoid(self._odds(X, self.weights))

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:
        """Return the weighted sum of the members' contributions; see `trainer.models.ensemble.contributions`."""
        from trainer.models.ensemble.contributions import of_members

        if self.weights is None:
            raise ValueError("The model is not trained: call train or load first.")
        of_fitted = np.repeat(self.weights, len(self.fitted) // len(self.members)) * self.scale
        of_fitted /= len(self.fitted) // len(self.members)
        members = [(model.trainer, model.medians) for model in self.fitted]
        return of_members(members, of_fitted, self.intercept, X, background, self._odds(X, self.weights))

    def _odds(self, X: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
        """Return the log-odds (n,) of the blend."""
        odds = np.column_stack([log_odds(checked_predict(model.trainer, X, model.medians)) for model in self.fitted])
        of_member = odds.reshape(len(X), len(self.members), len(self.fitted) // len(self.members)).mean(axis=2)
        blended: np.ndarray = of_member @ weights * self.scale + self.intercept
        return blended

    def save(self, path: str) -> None:
        """Write all members, each by its own `save`, and the weights into one zip file."""
        if self.weights is None:
            raise ValueError("There is no model to save: call train first.")
        files = []
        with tempfile.TemporaryDirectory() as folder:
            of_fitted = [name for name in self.members for _ in range(len(self.fitted) // len(self.members))]
            for number, (name, member) in enumerate(zip(of_fitted, self.fitted, strict=True)):
                file = Path(folder) / f"member-{number}{member.trainer.suffix}"
                member.trainer.save(str(file))
                medians = None if member.medians is None else [float(value) for value in member.medians]
                files.append(MemberFile(name, file.read_bytes(), medians))
        blend = {"weights": self.weights.tolist(), "scale": self.scale, "intercept": self.intercept}
        write_bundle(Path(path), files, blend | {"features": self.n_features})

    def load(self, path: str) -> None:
        """Read what `save` wrote. The trainers that read the members are those of the constructor, whatever the file names.

        Raises:
            ArtifactError: the file is not an ensemble's, has other members, or has one that cannot be read.
        """
        files, blend = read_bundle(Path(path), self.members)
        fitted = []
        with tempfile.TemporaryDirectory() as folder:
            for number, file in enumerate(files):
                name = file.name
                member = self._member(name)
                target = Path(folder) / f"member-{number}{member.suffix}"
                target.write_bytes(file.content)
                _load(member, name, target, path)
                if member.n_features not in (None, blend.features):
                    raise ArtifactError(f"Member '{name}' of {path} has another number of columns than the ensemble.")
                medians = None if file.medians is None else np.array(file.medians, dtype=np.float32)
                if (medians is None) != member.accepts_missing or (medians is not None and medians.shape != (blend.features,)):
                    raise ArtifactError(f"The medians of member '{name}' of {path} are missing, or of another number of columns.")
                fitted.append(Member(member, medians))
        self.fitted, self.weights, self.n_features = fitted, np.array(blend.weights), blend.features
        self.scale, self.intercept = blend.scale, blend.intercept

    def _member(self, name: str) -> ModelTrainer:
        return build(trainer_class(name), self.parameters.get(name, {}), self.seed)

    def _fit(self, name: str, rows: Rows) -> Member:
        def watched(what: str, done: int, total: int) -> None:
            self.report(f"{name}: {what}", done, total)

        template = self._member(name)
        return Member(*fit_trainer(template, _frame(rows.X), rows.y, rows.weights, rows.groups, watched))

    def _out_of_fold(self, rows: Rows) -> tuple[np.ndarray, np.ndarray, list[list[Member]]]:
        """Return out-of-fold predictions float64 (n, members), which rows bool (n,) have them, and the models of each member.

        A fold is skipped if the other folds have one class only. If all are, each member is one model of all rows.
        """
        proba, predicted = np.full((len(rows), len(self.members)), np.nan), np.zeros(len(rows), dtype=bool)
        fitted: list[list[Member]] = [[] for _ in self.members]
        fold = grouped_folds(rows.y, rows.groups, self.folds, self.seed)
        done, total = 0, self.folds * len(self.members)
        for number in range(self.folds):
            others, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            usable = held.size > 0 and others.size > 0 and np.ptp(rows.y[others]) > 0
            for column, name in enumerate(self.members):
                if usable:
                    member = self._fit(name, rows.at(others))
                    proba[held, column] = checked_predict(member.trainer, _frame(rows.X[held]), member.medians)
                    fitted[column].append(member)
                done += 1
                self.report("members on unseen addresses", done, total)
            predicted[held] = usable
        if not predicted.any():
            fitted = [[self._fit(name, rows)] for name in self.members]
        return proba, predicted, fitted


def _checked_members(members: list[str] | None) -> list[str]:
    registered = names()
    chosen = [name for name in DEFAULT_MEMBERS if name in registered] if members is None else members
    if not isinstance(chosen, list) or not chosen or len(set(chosen)) != len(chosen) or NAME in chosen:
        raise UsageError(f"members must be a list of different trainers other than '{NAME}', not {members!r}.")
    if unknown := [name for name in chosen if name not in registered]:
        shown = f"'{unknown[0]}'{did_you_mean(unknown[0], registered)}"
        raise UsageError(f"There is no model {shown} to use as a member; choose among: {', '.join(registered)}.")
    return list(chosen)


def _load(member: ModelTrainer, name: str, file: Path, path: str) -> None:
    try:
        member.load(str(file))
    except Exception as error:  # a plug-in may raise anything
        reason = str(error).replace(str(file), "it")
        raise ArtifactError(f"Member '{name}' of {path} cannot be read: {reason}") from error


def _frame(X: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(X, copy=False)
