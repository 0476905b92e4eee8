"""The process that a Flink TaskManager starts to run the graph's Python: `yangbeam-worker`, the PROCESS environment.

Beam's own ``boot`` is a Go program that must be built or copied from an image; its worker pool forgets the pipeline's
options, the size of the state cache among them. This asks the runner for them and starts Beam's harness in place.
"""

import argparse
import os
import sys
from typing import Final

import grpc  # type: ignore[import-untyped] # its stubs are no part of Beam
from apache_beam.portability.api import beam_provision_api_pb2, beam_provision_api_pb2_grpc
from google.protobuf import json_format, text_format

from yangbeam.runners import memory
from yangbeam.runners.privacy import keep_private

ANSWER_S: Final = 60.0
"""How long the TaskManager may take to answer: it has just started us."""
ALLOCATION: Final = {f"MALLOC_{name}_": str(octets) for name, octets in memory.ALLOCATION.items()}
"""The same for a process that is only about to begin: two page faults for every message, and a tenth of a worker's CPU
time, are spared."""


def environment_of(worker: str, endpoint: str) -> dict[str, str]:
    """Asks the runner what this worker is to do, in the environment variables that Beam's harness reads.

    Args:
        worker: Its id, by which the runner knows it.
        endpoint: Where the runner's provision service listens.
    """
    with grpc.insecure_channel(endpoint) as channel:
        grpc.channel_ready_future(channel).result(ANSWER_S)
        stub = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        request = beam_provision_api_pb2.GetProvisionInfoRequest()
        told = stub.GetProvisionInfo(request, metadata=(("worker_id", worker),), timeout=ANSWER_S).info
    found = {
        "WORKER_ID": worker,
        "PIPELINE_OPTIONS": json_format.MessageToJson(told.pipeline_options),
        "LOGGING_API_SERVICE_DESCRIPTOR": text_format.MessageToString(told.logging_endpoint),
        "CONTROL_API_SERVICE_DESCRIPTOR": text_format.MessageToString(told.control_endpoint),
        "RUNNER_CAPABILITIES": " ".join(told.runner_capabilities),
    }
    if told.HasField("status_endpoint"):
        found["STATUS_API_SERVICE_DESCRIPTOR"] = text_format.MessageToString(told.status_endpoint)
    return found


def main() -> None:
    """Replaces this process by Beam's harness: the pid that the runner watches stays."""
    parser = argparse.ArgumentParser(description="Runs the Python of a yangbeam job; started by a Flink TaskManager.")
    parser.add_argument("--id", required=True)
    parser.add_argument("--provision_endpoint", required=True)
    arguments, _ = parser.parse_known_args()
    keep_private()
    found = environment_of(arguments.id, arguments.provision_endpoint)
    command = [sys.executable, "-m", "apache_beam.runners.worker.sdk_worker_main"]
    os.execve(sys.executable, command, {**ALLOCATION, **os.environ, **found})  # noqa: S606 # our own interpreter


if __name__ == "__main__":
    main()
