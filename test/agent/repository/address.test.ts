import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { archivePlace, parseAddress, resticUrl } from "../../../agent/repository/address";
import { archiveCredentials, resticEnvironment } from "../../../agent/repository/credentials";
import { renderArchive } from "../../../engines/pgbackrest";
import { isOnPath } from "../../helpers/on-path";
import { skip } from "../../helpers/skip";
import { temporary } from "../../helpers/temporary";

const secrets: Readonly<Record<string, string>> = {
  ...{ AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "s3cret", FAR_AWS_SECRET_ACCESS_KEY: "far s3cret" },
  ...{ AZURE_ACCOUNT_KEY: "YXp1cmU=", GOOGLE_APPLICATION_CREDENTIALS: "/keys/google.json" },
};
const secret = (name: string) => secrets[name];

describe("agent/repository/address", () => {
  const folder = temporary();

  for (const [address, url, options] of [
    ["/srv/bucket/", "/srv/bucket/restic", { path: "/srv/bucket/pgbackrest" }],
    [
      "s3:https://s3.eu-west-1.amazonaws.com/orders",
      "s3:https://s3.eu-west-1.amazonaws.com:443/orders/restic",
      {
        ...{ type: "s3", path: "/pgbackrest", "s3-bucket": "orders", "s3-endpoint": "s3.eu-west-1.amazonaws.com" },
        ...{ "s3-region": "eu-west-1", "s3-uri-style": "path", "storage-port": "443", "storage-ca-file": "/ca.pem" },
      },
    ],
    [
      "s3:https://minio.test:9000/orders/dr/prod",
      "s3:https://minio.test:9000/orders/dr/prod/restic",
      {
        ...{ type: "s3", path: "/dr/prod/pgbackrest", "s3-bucket": "orders", "s3-endpoint": "minio.test" },
        ...{ "s3-region": "eu-west-1", "s3-uri-style": "path", "storage-port": "9000", "storage-ca-file": "/ca.pem" },
      },
    ],
    [
      "azure:drshop/backups/prod",
      "azure:backups:/prod/restic",
      {
        ...{ type: "azure", path: "/prod/pgbackrest", "azure-account": "drshop", "azure-container": "backups" },
        "storage-ca-file": "/ca.pem",
      },
    ],
    [
      "gs:dr-shop",
      "gs:dr-shop:/restic",
      { type: "gcs", path: "/pgbackrest", "gcs-bucket": "dr-shop", "storage-ca-file": "/ca.pem" },
    ],
  ] as const)
    it(`says where ${address} is to restic and to pgBackRest, which takes what it is told`, function () {
      const parsed = parseAddress(address);
      assert.equal(resticUrl(parsed), url);
      const place = archivePlace(parsed, { region: "eu-west-1", caFile: "/ca.pem" });
      assert.deepEqual(place, options);
      if (!isOnPath("pgbackrest")) skip(this, "no pgBackRest");
      const archive = {
        ...{ stanza: "s", passphrase: "p", keepFulls: 1, workFolder: folder(), dataFolder: folder() },
        ...{
          socketFolder: folder(),
          port: 1,
          repositories: [{ ...place, ...archiveCredentials("own", parsed, secret) }],
        },
      };
      writeFileSync(folder("a.conf"), renderArchive(archive));
      // It goes as far as the certificates or the key's file, which are not there: all options were taken, nobody was called.
      const { stdout, stderr } = spawnSync("pgbackrest", [`--config=${folder("a.conf")}`, "--output=json", "info"], {
        encoding: "utf8",
      });
      assert.equal(stderr, "");
      assert.match(
        stdout,
        address.startsWith("/") ? /^\[\]/ : /unable to set user-defined CA|unable to open missing file/,
      );
    });

  it("reaches a folder by SFTP with restic, and says that pgBackRest cannot", () => {
    const parsed = parseAddress("sftp:backup@far.test:2222:/srv/bucket");
    assert.equal(resticUrl(parsed), "sftp://backup@far.test:2222//srv/bucket/restic");
    assert.throws(() => archivePlace(parsed), {
      message:
        "pgBackRest before 2.46 knows no SFTP, and this project uses 2.45: keep physical backups of PostgreSQL in a folder, S3, Azure or Google Cloud; got sftp:backup@far.test",
    });
    assert.equal(resticUrl(parseAddress("sftp:backup@far.test:/srv")), "sftp://backup@far.test:22//srv/restic");
  });

  const forms =
    "s3:https://host[:port]/bucket[/prefix], azure:account/container[/prefix], gs:bucket[/prefix], sftp:user@host[:port]:/folder";
  for (const [address, reason] of [
    ["bucket", `a bucket must be an absolute path or one of ${forms}; got bucket`],
    ["rclone:far", `a bucket must be an absolute path or one of ${forms}; got rclone:…`],
    [
      "s3:http://minio.test/orders",
      "a bucket of S3 must be reached by https: pgBackRest speaks nothing else; got s3:http://minio.test/orders",
    ],
    [
      "s3:https://minio.test",
      "the bucket's address must be s3:https://host[:port]/bucket[/prefix]; got s3:https://minio.test",
    ],
    [
      "s3:https://id:s3cret@minio.test/orders",
      "the bucket's address must be s3:https://host[:port]/bucket[/prefix]; got s3:https://…@minio.test/orders",
    ],
    ["s3:https://minio.test:0/orders", "a port must be 1 to 65535; got 0 in s3:https://minio.test:0/orders"],
    [
      "s3:https://minio.test/orders?x=1",
      "the bucket's address must be s3:https://host[:port]/bucket[/prefix]; got s3:https://minio.test/orders?x=1",
    ],
    ["azure:drshop", "the bucket's address must be azure:account/container[/prefix]; got azure:drshop"],
    ["gs:", "the bucket's address must be gs:bucket[/prefix]; got gs:"],
    [
      "sftp:user:s3cret@far.test:/srv",
      "the bucket's address must be sftp:user@host[:port]:/folder; got sftp:…@far.test:/srv",
    ],
    [
      "sftp:user@far.test:srv",
      "the bucket's address must be sftp:user@host[:port]:/folder; got sftp:user@far.test:srv",
    ],
  ] as const)
    it(`refuses ${address}`, () => assert.throws(() => parseAddress(address), { message: reason }));
});

describe("agent/repository/credentials", () => {
  const s3 = parseAddress("s3:https://minio.test:9000/orders");

  it("lets restic ask for the role of an ECS task where no key is set, and takes the key where one is", () => {
    const role = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/1" };
    const region = { AWS_DEFAULT_REGION: "us-east-1" };
    const environment = (all: Record<string, string>) =>
      resticEnvironment({ name: "own", address: s3 }, (name) => all[name]);
    assert.deepEqual(environment(role), { ...role, ...region });
    const keys = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "s3cret" };
    assert.deepEqual(environment({ ...role, ...keys }), { ...keys, ...region });
  });

  it("opens Azure as the identity of a job where no key is set, and by the key where one is", () => {
    const azure = parseAddress("azure:drshop/backups");
    const identity = { AZURE_CLIENT_ID: "id", IDENTITY_ENDPOINT: "http://127.0.0.1:1/msi/token", IDENTITY_HEADER: "h" };
    const account = { AZURE_ACCOUNT_NAME: "drshop" };
    const opened = (all: Record<string, string>, name = "own") => {
      const read = (one: string) => all[one];
      return [resticEnvironment({ name, address: azure }, read), archiveCredentials(name, azure, read)];
    };
    assert.deepEqual(opened(identity), [{ ...identity, ...account }, { "azure-key-type": "auto" }]);
    // On a virtual machine there is no endpoint to be told.
    const machine = { AZURE_CLIENT_ID: "id" };
    assert.deepEqual(opened(machine), [{ ...machine, ...account }, { "azure-key-type": "auto" }]);
    const key = { AZURE_ACCOUNT_KEY: "a2V5" };
    assert.deepEqual(opened({ ...identity, ...key }), [{ ...key, ...account }, { "azure-key": "a2V5" }]);
    assert.deepEqual(opened({ ...identity, FAR_AZURE_ACCOUNT_KEY: "a2V5" }, "far")[0], { ...key, ...account });
    assert.throws(() => opened({}), /AZURE_ACCOUNT_KEY is not set/);
    // Who it is on Azure opens nothing elsewhere.
    assert.throws(
      () => resticEnvironment({ name: "own", address: s3 }, (one) => identity[one as keyof typeof identity]),
      /AWS_ACCESS_KEY_ID is not set/,
    );
  });

  it("gives restic what it reads from its environment, and pgBackRest what it reads from its file", () => {
    assert.deepEqual(resticEnvironment({ name: "own", address: s3 }, secret), {
      ...{ AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "s3cret", AWS_DEFAULT_REGION: "us-east-1" },
    });
    assert.deepEqual(archiveCredentials("own", s3, secret), { "s3-key": "id", "s3-key-secret": "s3cret" });
    const azure = parseAddress("azure:drshop/backups");
    assert.deepEqual(resticEnvironment({ name: "own", address: azure }, secret), {
      ...{ AZURE_ACCOUNT_NAME: "drshop", AZURE_ACCOUNT_KEY: "YXp1cmU=" },
    });
    assert.deepEqual(archiveCredentials("own", azure, secret), { "azure-key": "YXp1cmU=" });
    const google = { GOOGLE_APPLICATION_CREDENTIALS: "/keys/google.json" };
    assert.deepEqual(resticEnvironment({ name: "own", address: parseAddress("gs:dr-shop") }, secret), google);
    assert.deepEqual(resticEnvironment({ name: "own", address: parseAddress("/srv") }, secret), {});
  });

  it("takes a repository's own credentials before those of all", () => {
    assert.equal(resticEnvironment({ name: "far", address: s3 }, secret)["AWS_SECRET_ACCESS_KEY"], "far s3cret");
    assert.equal(archiveCredentials("far", s3, secret)["s3-key"], "id");
  });

  it("says which secret is missing", () =>
    assert.throws(
      () => resticEnvironment({ name: "own", address: s3 }, () => undefined),
      /AWS_ACCESS_KEY_ID is not set/,
    ));
});
