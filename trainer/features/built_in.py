"""The names of the built-in features, from where dbt has them: the YAML of the models that compute them."""

from __future__ import annotations

from pathlib import Path

from trainer.errors import BadInputError
from trainer.settings import built_in_project, inherits, project_dir
from trainer.uploads import first_line

DECLARATIONS = ("models/staging/stg_features.yml", "models/features/*.yml")


def built_in_names() -> set[str]:
    """Return the names of the features that the dbt project in use computes, those of its user's own models included.

    A column with a unit (`config.meta.unit`) is a feature. The relation `feature_catalog` is built from the same declarations;
    it is not read here, because features may be added before the first `dbt run`.

    Raises:
        BadInputError: a file cannot be read, or there is no such column in any.
    """
    import yaml

    names: set[str] = set()
    for path in _declarations():
        try:
            models = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", [])
            columns = [column for model in models for column in model.get("columns", [])]
            names |= {column["name"] for column in columns if column.get("config", {}).get("meta", {}).get("unit")}
        except (AttributeError, KeyError, OSError, TypeError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise BadInputError(f"The features cannot be read from {path} ({first_line(error)}); mend the file.") from error
    if not names:
        raise BadInputError(
            f"No file among {', '.join(DECLARATIONS)} in {built_in_project()} declares a feature; restore the files."
        )
    return names


def _declarations() -> list[Path]:
    """Return the YAML files of the built-in feature models, and of those of a project that inherits them."""
    own = sorted(project_dir().glob("models/**/*.yml")) if inherits(project_dir()) else []
    return sorted(path for pattern in DECLARATIONS for path in built_in_project().glob(pattern)) + own
