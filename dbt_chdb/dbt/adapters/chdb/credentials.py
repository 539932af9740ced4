"""The settings of a `type: chdb` target in profiles.yml."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.adapters.clickhouse.credentials import ClickHouseCredentials
from dbt_common.exceptions import DbtRuntimeError


@dataclass(kw_only=True)
class ChdbCredentials(ClickHouseCredentials):
    """A folder and a database in it; the inherited settings of hosts and users have no effect.

    Raises:
        DbtRuntimeError: `path` is not a plain folder, or a cluster is set.
    """

    path: str

    @property
    def type(self) -> str:
        return "chdb"

    @property
    def unique_field(self) -> str:
        return self.path

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.path or self.path.startswith((":memory:", "file:")) or "?" in self.path:
            # the engine would not treat these as a folder; in memory, a seed would be lost before the next run
            raise DbtRuntimeError(f"chdb: `path` must be a plain folder, not {self.path!r}.")
        if self.cluster or self.cluster_mode:
            raise DbtRuntimeError("chdb: an embedded engine has no cluster; remove `cluster` and `cluster_mode`.")
        # resolved now, because dbt changes into the project folder later
        self.path = str((_profiles_dir() / Path(self.path).expanduser()).resolve())

    def connection_info(self, *, with_aliases: bool = False) -> Iterator[tuple[str, Any]]:
        """Yield the settings, for Jinja with aliases; the folder is left out where dbt decides whether to parse the project anew.

        What a project means does not depend on the folder, and to parse it takes longer than to run it.
        """
        for key, value in super().connection_info(with_aliases=with_aliases):
            if key != "path" or with_aliases or _flag("WHICH") == "debug":
                yield key, value

    def _connection_keys(self) -> tuple[str, ...]:
        return (
            "path",
            "schema",
            "custom_settings",
            "use_lw_deletes",
            "allow_automatic_deduplication",
            "check_exchange",
        )


def _profiles_dir() -> Path:
    """Return the folder of the profiles.yml in use; the working folder where dbt has none set."""
    return Path(_flag("PROFILES_DIR") or ".").absolute()


def _flag(name: str) -> Any:
    """Return the value of one of dbt's flags; None where it has none set."""
    try:
        from dbt.flags import get_flags
    except ImportError:  # dbt-adapters without dbt-core
        return None
    return getattr(get_flags(), name, None)
