"""A client from generated Python code at a cluster: `failover.py FOLDER PORT...`.

It prints what it saw as JSON, a line at a time: how the cluster answers, then, once it has written for
a while, who leads. That node is to be killed. It goes on until it has written as much again."""

import json
import sys
import threading

sys.path.insert(0, sys.argv[1])

import grpc
from health.v1 import health_pb2 as health
from health.v1.health_pb2_grpc import HealthStub
from quorumkv.v1 import kv_pb2 as kv
from quorumkv.v1.kv_pb2_grpc import KVStub

DEADLINE = 60
WRITES = 20
# The usual policy of gRPC clients: a broken connection is tried again.
RETRIES = json.dumps(
    {
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.02s",
                    "maxBackoff": "0.2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
    }
)
OPTIONS = [
    ("grpc.service_config", RETRIES),
    # A node that comes back is found at once.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
]
channels = [
    grpc.insecure_channel("127.0.0.1:" + port, options=OPTIONS) for port in sys.argv[2:]
]
nodes = [KVStub(channel) for channel in channels]


def say(**seen):
    print(json.dumps(seen), flush=True)


def statuses():
    """What each node that answers says of itself, with its place."""
    for place, node in enumerate(nodes):
        try:
            yield place, node.Status(kv.StatusRequest(), timeout=DEADLINE)
        except grpc.RpcError:
            pass


def find_leader():
    """The place of the node that leads in the highest epoch; waits for one."""
    pause = threading.Event()
    while True:
        leading = [(s.epoch, place) for place, s in statuses() if s.role == "leader"]
        if leading:
            return max(leading)[1]
        pause.wait(0.02)


def put(leader, key, value, **options):
    request = kv.WriteRequest(key=key, value=value, options=kv.WriteOptions(**options))
    return nodes[leader].Write(request, timeout=DEADLINE).result


def put_once(key, value):
    """Sends the write to whoever leads until it is answered: its key makes that safe."""
    global leader
    while True:
        try:
            return put(leader, key, value, idempotency_key=key)
        except grpc.RpcError:
            leader = find_leader()


def is_healthy(place, service):
    answer = HealthStub(channels[place]).Check(
        health.HealthCheckRequest(service=service), timeout=DEADLINE
    )
    return answer.status == health.HealthCheckResponse.SERVING


def bulk(keys):
    for number, key in enumerate(keys):
        operation = kv.BatchOperation(put=kv.Put(key=key, value=str(number)))
        yield kv.BulkWriteRequest(id=number, operations=[operation])


leader = find_leader()
follower = (leader + 1) % len(nodes)
first = put_once("a", "1")
again = put(leader, "a", "1", idempotency_key="a")
keys = ["bulk/%d" % number for number in range(3)]
answers = nodes[leader].BulkWrite(bulk(keys), timeout=DEADLINE)
written = [answer.result.version for answer in answers]
read = nodes[follower].Read(
    kv.ReadRequest(key="a", min_version=first.version), timeout=DEADLINE
)
view = nodes[follower].ReadMany(
    kv.ReadManyRequest(keys=["bulk/1", "none", "a"], min_version=written[-1]), timeout=DEADLINE
)
page = nodes[leader].List(kv.ListRequest(prefix="bulk/", limit=2), timeout=DEADLINE)
rest = nodes[leader].List(
    kv.ListRequest(prefix="bulk/", limit=2, after=page.next), timeout=DEADLINE
)
say(
    repeat={"replayed": again.replayed, "same": again.version == first.version},
    ordered=written == sorted(set(written)) and len(written) == 3,
    read=[read.entry.key, read.entry.value, read.entry.version == first.version],
    view=[entry.entry.value if entry.HasField("entry") else None for entry in view.entries],
    listed=[entry.key for entry in [*page.entries, *rest.entries]],
    last=not rest.HasField("next"),
    healthy={
        service: [is_healthy(place, service) for place in (leader, follower)]
        for service in ("", "reads", "writes")
    },
)

watched = []
watch = nodes[follower].Watch(
    kv.WatchRequest(prefix="w/", after=written[-1]), timeout=10 * DEADLINE
)


def follow():
    for event in watch:
        watched.append([event.key, event.value, event.sequence])
        if event.key == "w/end":
            return


following = threading.Thread(target=follow, daemon=True)
following.start()
told = []
for number in range(2 * WRITES):
    if number == WRITES:
        lost = leader
        say(leader=leader)
        # Some are under way when the node is killed, and some come after.
        while leader == lost:
            key = "w/%03d" % len(told)
            told.append([key, "0", put_once(key, "0").version])
    key = "w/%03d" % len(told)
    told.append([key, "0", put_once(key, "0").version])
told.append(["w/end", "0", put_once("w/end", "0").version])
following.join(DEADLINE)
say(found=leader, lost=lost, exact=watched == told, told=len(told), watched=len(watched))
for channel in channels:
    channel.close()
