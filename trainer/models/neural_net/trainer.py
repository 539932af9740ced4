"""A neural network for tables: TabM, an efficient ensemble of MLPs, or the guide's plain MLP; both on normal scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from trainer.errors import ArtifactError, UsageError
from trainer.models.base import ModelTrainer

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from trainer.models.contributions import Contributions
    from trainer.models.neural_net.fitting import Plan
    from trainer.models.neural_net.network import Architecture, Fitted

# Bounds of the options; a network beyond them would exhaust the memory.
BOUNDS: dict[str, tuple[float, float]] = {
    "learning_rate": (1e-7, 1.0),
    "epochs": (1, 100_000),
    "batch_size": (2, 1_000_000),
    "depth": (1, 16),
    "width": (1, 4096),
    "ensemble_size": (1, 256),
    "embedding_size": (1, 256),
    "bins": (2, 256),
    "dropout": (0.0, 0.95),
    "weight_decay": (0.0, 10.0),
    "patience": (1, 100_000),
}
FRACTIONS = ("learning_rate", "dropout", "weight_decay")
OPTIONAL = ("learning_rate", "epochs", "batch_size", "dropout", "patience")
MAX_LAYERS, MAX_LAYER = 16, 16_384
STEPS = 1200  # about as many steps the default number of epochs takes
LARGE = 100_000  # rows above which batches are larger
AVERAGING = 0.99  # decay per step of the moving average of the weights: about a hundred steps


class NeuralNetTrainer(ModelTrainer):
    """TabM (https://arxiv.org/abs/2410.24210) on normal scores with piecewise-linear embeddings; missing values are flagged.

    Early stopping on held-out addresses keeps the weights of the epoch with the lowest loss on them. One seed gives one model, to
    the bit, on one machine with one number of threads; predictions do not depend on the number of threads.

    Args:
        hidden_layers: if given, the plain MLP of the miner's guide instead of TabM, with layers of these widths (ReLU, batch
            norm, dropout 0.3; learning rate 0.001, 50 epochs, batches of 32), on the same scaling.
        learning_rate: of AdamW.
        epochs: at most; by default about a thousand steps' worth.
        batch_size: rows per step; by default 32 to 256, and 1024 for large tables.
        depth, width: number of blocks, and units of each.
        ensemble_size: number of members, which share most of their weights.
        embedding_size, bins: width of a column's piecewise-linear embedding, and number of its pieces.
        dropout, weight_decay: regularisation.
        patience: epochs without a lower loss on the hold-out after which training stops.
        device: `auto` (CUDA if there is a GPU, with mixed precision), `cpu`, `cuda`, `cuda:1`, …; a model loads on any machine.
        seed: of the hold-out, the initial weights, the order of rows and dropout.
    """

    suffix: ClassVar[str] = ".safetensors"
    accepts_missing: ClassVar[bool] = True
    accepts_groups: ClassVar[bool] = True
    search_space: ClassVar[dict[str, dict[str, Any]]] = {
        "learning_rate": {"type": "float", "low": 3e-4, "high": 1e-2, "log": True},
        "depth": {"type": "int", "low": 1, "high": 3},
        "width": {"type": "int", "low": 64, "high": 256, "step": 64},
        "embedding_size": {"type": "int", "low": 2, "high": 16, "step": 2},
        "bins": {"type": "int", "low": 8, "high": 48, "step": 8},
        "dropout": {"type": "float", "low": 0.0, "high": 0.5},
        "weight_decay": {"type": "float", "low": 1e-5, "high": 1e-1, "log": True},
    }

    def __init__(
        self,
        hidden_layers: list[int] | None = None,
        learning_rate: float | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        *,
        depth: int = 2,
        width: int = 128,
        ensemble_size: int = 16,
        embedding_size: int = 4,
        bins: int = 16,
        dropout: float | None = None,
        weight_decay: float = 3e-4,
        patience: int | None = None,
        device: str = "auto",
        seed: int = 0,
    ) -> None:
        self.hidden_layers = None if hidden_layers is None else list(hidden_layers)
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.depth = depth
        self.width = width
        self.ensemble_size = ensemble_size
        self.embedding_size = embedding_size
        self.bins = bins
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.patience = patience
        self.device = device
        self.seed = seed
        self.model: Fitted | None = None

    def check_options(self) -> None:
        """Check the bounds of the options and the device before any data is read; see `ModelTrainer.check_options`."""
        self._check_bounds()
        if self.device not in ("auto", "cpu"):  # torch, which knows the devices, takes seconds to import
            from trainer.models.neural_net import fitting

            fitting.device_named(self.device)

    def train(
        self,
        X: pd.DataFrame,
        y: pd.Series,
        sample_weights: pd.Series | None = None,
        groups: Any = None,
    ) -> Any:
        """Fit; see `ModelTrainer.train`. Rows of weight 0 have no effect.

        Args:
            groups: (n,) the address of each row, so that none is both fitted and held out; None if each row has its own.

        Raises:
            NotEnoughLabelsError: all rows are of one class.
            UsageError: an option, a label or a weight is out of bounds, or this machine does not have the device.
        """
        import numpy as np

        from trainer.models.in_file import rows_at
        from trainer.models.neural_net import fitting, network
        from trainer.models.neural_net.inputs import InputScaling
        from trainer.models.rows import training_rows

        self.model = self.n_features = None  # if this fit fails, the model of an earlier one must not remain
        architecture = self._architecture()
        device = fitting.device_named(self.device)
        given = training_rows(X, y, sample_weights, groups)
        rng = np.random.default_rng(self.seed)
        held_out = fitting.held_out(given.y, given.groups, rng)
        scaling = InputScaling.fit(rows_at(given.X, ~held_out), rng)
        weight = (given.weights / given.weights.mean()).astype(np.float32)
        batch = fitting.Batch.of(*scaling.transform(given.X), given.y, weight)
        plan = self._plan(int((~held_out).sum()), bool(held_out.any()), device)
        with fitting.seeded(self.seed, device):
            net = network.build(architecture, scaling)
            fitting.fit(net, batch, held_out, plan, self._report_epochs)
        self.model, self.n_features = network.Fitted(scaling, net), scaling.n_columns
        return net

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky), float32 (n,).

        Raises:
            UsageError: X has another number of columns than in training.
            ValueError: the model is not trained.
        """
        import numpy as np

        from trainer.models.neural_net import fitting

        if self.model is None:
            raise ValueError("The model is not trained: call train or load first.")
        scaling = self.model.scaling
        if X.shape[1] != scaling.n_columns:
            raise UsageError(f"The network was trained on {scaling.n_columns} columns, and X has {X.shape[1]}.")
        scores, flags = scaling.transform(X.to_numpy(dtype=np.float32))
        return fitting.predict(self.model.net, scores, flags, fitting.device_named(self.device, or_cpu=True))

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:
        """Return integrated gradients of the log-odds, averaged over rows of the background; see `ModelTrainer.contributions`."""
        import numpy as np

        from trainer.models.neural_net import fitting
        from trainer.models.neural_net.contributions import integrated

        if self.model is None:
            raise ValueError("The model is not trained: call train or load first.")
        rows, others = X.to_numpy(dtype=np.float32), background.to_numpy(dtype=np.float32)
        return integrated(self.model, rows, others, fitting.device_named(self.device, or_cpu=True))

    def save(self, path: str) -> None:
        """Write the scaling of the inputs and the weights as safetensors."""
        from trainer.models.neural_net import network

        if self.model is None:
            raise ValueError("There is no model to save: call train first.")
        network.write(path, self.model)

    def load(self, path: str) -> None:
        """Read what `save` wrote.

        Raises:
            ArtifactError: the file is not a saved network, or one with other options.
        """
        from trainer.models.neural_net import network

        try:
            self.model = network.read(path, self._architecture())
            self.n_features = self.model.scaling.n_columns
        except (ArtifactError, UsageError) as error:
            raise ArtifactError(f"{path} is not a network that can be loaded: {error}") from error

    def _report_epochs(self, done: int, total: int) -> None:
        self.report("epochs", done, total)

    def _architecture(self) -> Architecture:
        """Return the architecture that the options describe.

        Raises:
            UsageError: an option is out of bounds.
        """
        from trainer.models.neural_net.network import Architecture

        self._check_bounds()
        layers = None if self.hidden_layers is None else tuple(self.hidden_layers)
        dropout = self.dropout if self.dropout is not None else 0.1 if layers is None else 0.3
        return Architecture(layers, self.depth, self.width, self.ensemble_size, self.embedding_size, self.bins, dropout)

    def _check_bounds(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if value is None and name in OPTIONAL:
                continue
            kinds = (int, float) if name in FRACTIONS else (int,)
            if not isinstance(value, kinds) or isinstance(value, bool) or not low <= value <= high:
                raise UsageError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}.")
        layers = self.hidden_layers
        if layers is not None and not (
            1 <= len(layers) <= MAX_LAYERS and all(type(width) is int and 1 <= width <= MAX_LAYER for width in layers)
        ):
            raise UsageError(f"hidden_layers must be 1 to {MAX_LAYERS} whole numbers up to {MAX_LAYER}, not {layers!r}.")

    def _plan(self, n: int, has_held_out: bool, device: Any) -> Plan:
        """Return how to fit to n rows; without a hold-out to stop early by, for a quarter of the epochs."""
        from trainer.models.neural_net.fitting import Plan

        if self.hidden_layers is not None:
            rate, epochs, batch = 1e-3, 50, 32
        else:
            rate, batch = 4e-3, 1024 if n > LARGE else min(256, max(32, 2 ** (n // 16).bit_length() // 2))
            epochs = min(100, max(10, STEPS * batch // n))
        if self.epochs is not None:
            epochs = self.epochs
        elif not has_held_out:
            epochs = max(1, epochs // 4)
        return Plan(
            learning_rate=self.learning_rate or rate,
            weight_decay=self.weight_decay,
            epochs=epochs,
            batch_size=self.batch_size or batch,
            patience=self.patience or max(8, epochs // 4),
            averaging=AVERAGING,
            device=device,
        )
