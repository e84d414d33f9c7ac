import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { MongoClient, type Document } from "mongodb";
import { MongodbSource, type MongodbOptions } from "../../../agent/sources/mongodb";
import { ScratchError } from "../../../agent/sources/scratch-server";
import { FolderRepository } from "../../helpers/folder-repository";
import { temporary } from "../../helpers/temporary";
import { startFerretdb, type Ferretdb } from "../../standin/ferretdb/start";

const quiet = () => {};
const FULL = { type: "full", trigger: "manual" } as const;

describe("MongoDB source: proof on a server that is there", function () {
  this.timeout(240_000);
  const at = temporary();
  let servers: Ferretdb[];
  let clients: MongoClient[];
  let repository: FolderRepository;

  beforeEach(async function () {
    [servers, clients] = [[], []];
    for (const name of ["source", "scratch"]) {
      const server = await startFerretdb(this, at(name));
      servers.push(server);
      clients.push(new MongoClient(server.uri));
    }
    repository = new FolderRepository(at("repository"));
    await repository.open();
    for (const name of ["shop", "billing"]) {
      const rows = clients[0]!.db(name).collection<Document>("rows");
      await rows.insertMany([{ _id: 1 as never, name }, { _id: 2 as never }]);
      await rows.createIndex({ name: 1 }, { unique: true });
    }
    await clients[1]!.db("theirs").collection("rows").insertOne({ kept: true });
  });
  afterEach(async () => {
    for (const client of clients) await client.close();
    for (const server of servers) await server.stop();
  });

  const source = (more: Partial<MongodbOptions> = {}) =>
    new MongodbSource({
      ...{ name: "orders", plan: "shop", site: "prod", uri: () => servers[0]!.uri, staging: at("staging") },
      ...{ scratchAddress: () => servers[1]!.uri, ...more },
    });
  const prove = async (more: Partial<MongodbOptions> = {}, counts: Record<string, number> = {}) => {
    const backup = await source().backUp(FULL, repository, quiet);
    return source(more).prove({ ...backup, counts: { ...backup.counts, ...counts } }, repository, at("proof"), quiet);
  };
  const databases = async (client: MongoClient) =>
    (await client.db().admin().listDatabases({ nameOnly: true })).databases.map(({ name }) => name);

  it("restores every database under a name of its own, and leaves what else is there alone", async () => {
    const { reasons, level, verified } = await prove();
    assert.deepEqual([reasons, level, verified], [[], "restore", true]);
    assert.deepEqual(await databases(clients[1]!), ["theirs"]);
    assert.equal(await clients[1]!.db("theirs").collection("rows").countDocuments({}), 1);
  });

  it("takes away what a proof left that was killed", async () => {
    const client = clients[1]!;
    const own = createHash("sha256").update("shop/prod/orders").digest("hex").slice(0, 8);
    await client.db(`dr_proof_${own}_0`).collection("rows").insertOne({ left: true });
    await client.db(`dr_proof_${own}_7`).collection("rows").insertOne({ left: true });
    assert.equal((await prove()).verified, true);
    assert.deepEqual(await databases(client), ["theirs"]);
  });

  it("refuses the server that is protected, whatever it is called there, and leaves nothing on it", async () => {
    const again = servers[0]!.uri.replace("127.0.0.1", "localhost");
    await assert.rejects(prove({ scratchAddress: () => again }), (error: Error) => {
      assert.ok(error instanceof ScratchError);
      assert.match(error.message, /verify\.scratch is the address of the server that is protected/);
      return true;
    });
    assert.deepEqual(
      (await databases(clients[0]!)).filter((name) => name.startsWith("dr_proof_")),
      [],
    );
  });

  it("says nothing of the backup when the server for proofs cannot be reached", async () => {
    const gone = () => "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200";
    await assert.rejects(prove({ scratchAddress: gone }), ScratchError);
  });

  it("proves without the source: it may be lost", async () => {
    const gone = () => "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200";
    assert.deepEqual((await prove({ uri: gone })).level, "restore");
  });

  it("is never more than read where there is no server to restore into", async () => {
    const none: MongodbOptions = {
      ...{ name: "orders", plan: "shop", site: "prod", uri: () => servers[0]!.uri, staging: at("staging") },
    };
    const backup = await new MongodbSource(none).backUp(FULL, repository, quiet);
    const path = process.env.PATH;
    process.env.PATH = at("empty"); // as a machine without mongod
    try {
      const verdict = await new MongodbSource(none).prove(backup, repository, at("proof"), quiet);
      assert.equal(verdict.level, "read");
      assert.match(verdict.reasons.join(), /^read back only: .*Install mongod .* \(verify\.scratch\)$/);
    } finally {
      process.env.PATH = path;
    }
  });
});
