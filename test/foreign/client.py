"""A client from generated Python code: `client.py FOLDER PORT` prints what it saw as JSON."""

import json
import sys

sys.path.insert(0, sys.argv[1])

import grpc
from google_rpc_pb2 import ErrorInfo, RetryInfo, Status
from quorumkv.v1 import kv_pb2 as kv
from quorumkv.v1.kv_pb2_grpc import KVStub

channel = grpc.insecure_channel("127.0.0.1:" + sys.argv[2])
stub = KVStub(channel)
DEADLINE = 60


def refusal(call):
    """How a call was refused: its status, our trailer, and the standard details."""
    try:
        call()
    except grpc.RpcError as error:
        trailers = dict(error.trailing_metadata())
        status = Status.FromString(trailers["grpc-status-details-bin"])
        info = ErrorInfo()
        retry = RetryInfo()
        found = [d.TypeName() for d in status.details if d.Unpack(info) or d.Unpack(retry)]
        return {
            "status": error.code().name,
            "code": trailers["kv-code"],
            "same": status.message == error.details() and status.code == error.code().value[0],
            "details": found,
            "reason": info.reason,
            "domain": info.domain,
            "metadata": dict(info.metadata),
            "retry": retry.retry_delay.seconds,
        }
    raise AssertionError("the call was not refused")


def put(key, value, **options):
    request = kv.WriteRequest(key=key, value=value, options=kv.WriteOptions(**options))
    return stub.Write(request, timeout=DEADLINE)


def bulk(ids):
    for id in ids:
        operation = kv.BatchOperation(put=kv.Put(key="bulk", value="1"))
        yield kv.BulkWriteRequest(id=id, operations=[operation])


seen = {}
seen["version"] = put("python", '"é"').result.version
seen["value"] = stub.Read(kv.ReadRequest(key="python"), timeout=DEADLINE).entry.value
seen["mismatch"] = refusal(lambda: put("python", "2", if_version=0))
hostile = "k" + "\x00" * 1023
put(hostile, "1")
seen["hostile"] = refusal(lambda: put(hostile, "2", if_version=0))["code"]
behind = kv.ReadRequest(key="python", min_version=2**52)
seen["recovering"] = refusal(lambda: stub.Read(behind, timeout=DEADLINE))
ids = [1764066500123456789, 2**53 + 1, 2**64 - 1]
answers = stub.BulkWrite(bulk(ids), timeout=DEADLINE)
seen["echoed"] = [answer.id for answer in answers] == ids
watch = stub.Watch(kv.WatchRequest(after=0), timeout=DEADLINE)
seen["watched"] = next(watch).key
watch.cancel()
channel.close()
print(json.dumps(seen))
