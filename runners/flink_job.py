"""One graph as one executable jar: the job server's jar with the graph, its options and its name inside.

The jar is what a cluster gets, by REST here and by the Kubernetes operator in production: nothing else is running when
it is submitted. Beam's own ``cancel`` and ``stop`` of such jobs ask an address that Flink lacks; see ``flink_rest.py``.
"""

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.job import utils as job_utils
from apache_beam.runners.portability.portable_runner import PortableRunner
from google.protobuf import json_format

ENTRY_CLASS: Final = "org.apache.beam.runners.flink.FlinkPipelineRunner"
_FOLDER: Final = "BEAM-PIPELINE"
"""Names within the jar are Beam's (PortablePipelineJarUtils.java)."""


def make_jar(
    job_server: Path, into: Path, name: str, options: Mapping[str, Any], build: Callable[[beam.Pipeline], object]
) -> Path:
    """Writes the executable jar of a graph.

    Args:
        job_server: The job server's jar.
        into: The file to write.
        name: Of the job, as the cluster shows it.
        options: Beam's and the runner's, by name.
        build: Builds the graph on the pipeline.

    Returns:
        ``into``.
    """
    graph = proto_of(options, build)
    # Numbers as text: the struct knows only floating-point ones, and the worker takes no "100.0".
    told = {f"beam:option:{key}:v1": _told(value) for key, value in {**options, "job_name": name}.items()}
    into.touch(mode=0o600)  # it names brokers, users and files; secrets by reference alone
    into.chmod(0o600)
    shutil.copyfile(job_server, into)
    with zipfile.ZipFile(into, "a", zipfile.ZIP_DEFLATED) as jar:
        jar.writestr(f"{_FOLDER}/pipeline/pipeline.json", json_format.MessageToJson(graph))
        jar.writestr(
            f"{_FOLDER}/pipeline/pipeline-options.json", json_format.MessageToJson(job_utils.dict_to_struct(told))
        )
        jar.writestr(f"{_FOLDER}/pipeline-manifest.json", json.dumps({"defaultJobName": "pipeline"}))
    return into


def _told(value: Any) -> Any:
    return str(value) if type(value) is int else value


def proto_of(options: Mapping[str, Any], build: Callable[[beam.Pipeline], object]) -> Any:
    """Returns the graph in Beam's portable form, as Flink runs it.

    Raises:
        Exception: What building the graph raised.
    """
    beam_options = PipelineOptions.from_dictionary(dict(options))
    # The runner only translates here; nothing is launched.
    pipeline = beam.Pipeline(PortableRunner(), beam_options)
    build(pipeline)
    graph = PortableRunner.get_proto_pipeline(pipeline, beam_options)
    for environment in graph.components.environments.values():
        # What the worker needs is installed where it runs; nothing is staged.
        del environment.dependencies[:]
    return graph
