"""moto's server on a free port of this machine, which it prints; it ends with its standard input.

AWS refuses or says what moto does not, and the order of a recovery hangs on it. It is added here:
- S3 takes replication only when both buckets are there and keep versions;
- RDS promotes nothing but a replica;
- a promoted instance names no source any more;
- ids of Route 53's zones begin with Z.
"""

import os
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.rds.exceptions import InvalidDBInstanceStateFault
from moto.rds.models import RDSBackend
from moto.route53 import models as route53
from moto.s3.exceptions import S3ClientError
from moto.s3.models import S3Backend
from werkzeug.serving import make_server

put_replication = S3Backend.put_bucket_replication
promote = RDSBackend.promote_read_replica
zone_id = route53.create_route53_zone_id


def put_replication_of_versions(self, bucket_name, replication):
    rules = replication["Rule"]
    for rule in rules if isinstance(rules, list) else [rules]:
        for name in (bucket_name, rule["Destination"]["Bucket"].split(":")[-1]):
            if self.get_bucket(name).versioning_status != "Enabled":
                raise S3ClientError("InvalidRequest", f"Versioning must be 'Enabled' on {name} to replicate")
    put_replication(self, bucket_name, replication)


def promote_a_replica(self, db_kwargs):
    name = db_kwargs["db_instance_identifier"]
    if not self.describe_db_instances(name)[0].is_replica:
        raise InvalidDBInstanceStateFault(f"DB Instance {name} is not a read replica")
    database = promote(self, db_kwargs)
    database.source_db_instance_identifier = None
    return database


S3Backend.put_bucket_replication = put_replication_of_versions
RDSBackend.promote_read_replica = promote_a_replica
route53.create_route53_zone_id = lambda **asked: f"Z{zone_id(**asked)[1:]}"


def end_with_standard_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_standard_input, daemon=True).start()
server = make_server(
    "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=MotoRequestHandler
)
print(server.port, flush=True)
server.serve_forever()
