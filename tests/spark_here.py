"""Is Spark here? Starts it from its own environment, or says in one line what is missing."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

from builds import ROOT


def missing() -> str:
    """What Spark lacks here; empty where it lacks nothing."""
    if shutil.which("java") is None:
        return "Java is missing: apt-get install default-jre-headless, then make spark-setup"
    if not libraries():
        return "Spark is not set up: make spark-setup"
    return ""


def libraries() -> list[Path]:
    """Where its environment keeps Spark, for this version of Python."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [p.parent for p in (ROOT / ".venv-spark/lib" / version).glob("site-packages/pyspark")]


def start(warehouse: Path) -> Any:
    """One local session of Spark, which keeps its files in a folder."""
    sys.path += map(str, libraries())
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        settings = {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.memory": "2g",
            "spark.log.level": "OFF",
            "spark.sql.ansi.enabled": "true",
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.shuffle.partitions": "2",  # more than one, so that rows come in any order
            "spark.sql.warehouse.dir": str(warehouse),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
        builder = SparkSession.builder.master("local[2]").appName("models")
        for name, value in settings.items():
            builder = builder.config(name, value)
        return builder.getOrCreate()
