"""A Spark for the tests: PySpark and Java, one session, small and on this machine alone.

Where one of them is missing the tests are skipped and say what to get. With
WALKEROS_KLAVIYO_SPARK=required, as `.ci/run` sets it where it could install them, that fails.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest

OPTIONS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""What is short starts fast: nothing here is worth being compiled."""
SIZED = {
    **OPTIONS,
    "spark.driver.extraJavaOptions": "",
    "spark.driver.memory": "3g",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.shuffle.partitions": "8",
}
"""For what is measured."""


def missing() -> str:
    """What is not there, and how to get it; empty where all is."""
    if find_spec("pyspark") is None:
        return 'pyspark is missing; get it with: pip install -e ".[dev,spark]"'
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "Java is missing; get it with: apt-get install openjdk-17-jre-headless"
    return ""


def refuse(what: str) -> NoReturn:
    """Say it loudly: these tests did not run, or must have."""
    told = f"NOT TRIED on Spark: {what}"
    if os.environ.get("WALKEROS_KLAVIYO_SPARK") == "required":
        pytest.fail(told)
    pytest.skip(told)


def start(folder: Path, **options: str) -> Any:
    """A session whose workers run this Python, and find the tests' modules too."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    root = str(Path(__file__).parents[2])
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("walkeros-klaviyo's tests")
    places = {"spark.local.dir": str(folder), "spark.sql.warehouse.dir": str(folder)}
    session = builder.config(map={**OPTIONS, **places, **options}).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
