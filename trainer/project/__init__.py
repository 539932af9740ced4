"""A user's own dbt project: writes it, and keeps it linked to the models of the installed package."""

from trainer.project.link import link_package, problem_of_link
from trainer.project.scaffold import Written, project_at, write_project

__all__ = ["Written", "link_package", "problem_of_link", "project_at", "write_project"]
