"""What is wrong with a template, and in which line? Templates opened and written so
that a mistake is a sentence.

Everything that is printed from a template goes through `open_templates`, and is written
within `mistakes_told`.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import RenderError, UserError
from pipeline.system.yaml_files import name_of, read_text

if TYPE_CHECKING:
    from jinja2 import Environment

_REPAIR = (
    "correct the line; docs/how-to/add-a-report.md and docs/how-to/looks.md say what templates may"
    " use"
)


def open_templates(folder: Path, *beside: Path, **options: Any) -> Environment:
    """The templates of a folder, and of others beside it. A name that nobody gave is a
    mistake and no empty text.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
    from jinja2.loaders import split_template_path

    class Loader(FileSystemLoader):
        """Reads UTF-8 with or without a byte order mark, and says which line is no
        UTF-8.
        """

        def get_source(
            self, environment: Environment, template: str
        ) -> tuple[str, str, Callable[[], bool]]:
            parts = split_template_path(template)
            for place in self.searchpath:
                path = Path(place, *parts)
                if path.is_file():
                    # nobody edits templates within one build
                    return (
                        read_text(path),
                        str(path),
                        lambda: True,
                    )
            raise TemplateNotFound(template)

    return Environment(
        loader=Loader([folder, *beside]),
        **{"autoescape": True, "undefined": StrictUndefined, **options},
    )


@contextmanager
def mistakes_told(folder: Path) -> Iterator[None]:
    """Turn what a template raises into a RenderError with file, line and repair. What
    our own code raises stays as it is, but an error that says no place gets the line of
    the template that asked for it.
    """
    from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

    try:
        yield
    except TemplateSyntaxError as problem:
        where = _place(Path(problem.filename or folder / (problem.name or "")), problem.lineno)
        raise RenderError(_sentence(problem.message), where=where, do=_REPAIR) from problem
    except TemplateNotFound as problem:
        where = _line_of(problem, folder) or name_of(folder)
        raise RenderError(
            f"there is no template '{problem.name}'", where=where, do=_REPAIR
        ) from problem
    except UserError as problem:
        if not problem.where and (where := _line_of(problem, folder)):
            raise type(problem)(
                problem.what, where=where, allowed=problem.allowed, do=problem.do
            ) from problem
        raise
    except (
        TemplateError,
        TypeError,
        ValueError,
        AttributeError,
        KeyError,
        IndexError,
        ArithmeticError,
    ) as problem:
        where = _line_of(problem, folder)
        if not where or not _is_of_template(problem, folder):
            raise  # a bug of ours
        raise RenderError(_sentence(str(problem)), where=where, do=_REPAIR) from problem


def _sentence(text: str | None) -> str:
    return " ".join((text or "the template is wrong").split())


def _place(file: Path, line: int) -> str:
    return f"{name_of(file)} line {line}"


def _line_of(problem: BaseException, folder: Path) -> str:
    """The innermost line of a template on the way to what happened."""
    frames = [
        f for f in traceback.extract_tb(problem.__traceback__) if _is_template(f.filename, folder)
    ]
    return _place(Path(frames[-1].filename), frames[-1].lineno or 1) if frames else ""


def _is_of_template(problem: BaseException, folder: Path) -> bool:
    """Whether the mistake is the template's: it happened in a line of it, or in what
    Jinja does for such a line.
    """
    last = traceback.extract_tb(problem.__traceback__)[-1].filename
    return _is_template(last, folder) or any(
        f"/{package}/" in last for package in ("jinja2", "markupsafe")
    )


def _is_template(filename: str, folder: Path) -> bool:
    return filename.endswith(".j2") and Path(filename).is_relative_to(folder)
