import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ask, held, startFake, SYSTEM, TOKEN, type Fake } from "./fake";

const JSON_HEADER = { "content-type": "application/json" };

describe("agent/api", () => {
  let fake: Fake;
  const restart = async (...options: Parameters<typeof startFake>) => {
    await fake.api.close();
    fake = await startFake(...options);
  };
  beforeEach(async () => (fake = await startFake()));
  afterEach(() => fake.api.close());

  describe("the requests of the seeds' document, word for word, over a socket", () => {
    const send = async (method: string, path: string, body?: string) => {
      const server = createServer(fake.api.handle);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const headers = { Authorization: `Bearer ${TOKEN}`, ...(body ? { "Content-Type": "application/json" } : {}) };
      const response = await fetch(`${url}${path}`, { method, headers, ...(body ? { body } : {}) });
      const json = (await response.json()) as Record<string, unknown>;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      return { status: response.status, json, headers: response.headers };
    };

    it("takes a backup of all that can", async () => {
      const { status, json, headers } = await send(
        ...(["POST", "/api/v1/system/backup"] as const),
        '{"type": "full", "description": "Manual backup before maintenance"}',
      );
      assert.equal(status, 202);
      assert.equal(headers.get("location"), "/api/v1/system/jobs/backup-1");
      assert.deepEqual(json.sources, ["orders", "cache"]);
      assert.deepEqual(fake.asked, [
        {
          kind: "backup",
          order: { sources: ["orders", "cache"], type: "full", description: "Manual backup before maintenance" },
        },
      ]);
    });

    it("lists backups", async () => {
      fake.backups = [held()];
      const { status, json } = await send("GET", "/api/v1/system/backup/history");
      assert.equal(status, 200);
      assert.equal(json.total, 1);
    });

    it("restores, once the answer's own confirmation is added", async () => {
      fake.backups = [held({ id: "BACKUP_ID", kind: "logical" })];
      const { status, json } = await send(
        "POST",
        "/api/v1/system/backup/restore",
        '{"backupId": "BACKUP_ID", "type": "database"}',
      );
      assert.equal(status, 422);
      const again = { backupId: "BACKUP_ID", type: "database", confirm: json.confirm };
      assert.equal((await ask(fake, "POST", `${SYSTEM}/backup/restore`, again)).status, 202);
    });

    it("tells how the databases are", async () => {
      const { status, json } = await send("GET", "/api/v1/system/health/database");
      assert.deepEqual([status, json.status], [200, "healthy"]);
    });

    it("tells its metrics", async () => {
      const { status, json } = await send("GET", "/api/v1/system/metrics");
      assert.equal(status, 200);
      const names = (json.metrics as { name: string }[]).map(({ name }) => name);
      assert.ok(names.includes("dr_build_info"));
    });

    it("warms the cache up", async () => {
      assert.equal((await send("POST", "/api/v1/system/cache/warmup")).status, 202);
      assert.deepEqual(fake.asked, [{ kind: "warmup", order: { sources: ["cache"] } }]);
    });

    it("verifies", async () => {
      fake.backups = [held({ id: "BACKUP_ID" })];
      assert.equal((await send("POST", "/api/v1/system/backup/verify", '{"backupId": "BACKUP_ID"}')).status, 202);
      assert.deepEqual(fake.asked, [{ kind: "verify", order: { backup: fake.backups[0]?.backup, level: "restore" } }]);
    });
  });

  describe("backup", () => {
    it("is of one source, in the words of either", async () => {
      const { status } = await ask(fake, "POST", `${SYSTEM}/backup`, { type: "incremental", source: "orders" });
      assert.equal(status, 202);
      assert.deepEqual(fake.asked[0]?.order, { sources: ["orders"], type: "incr" });
    });

    it("is of a database's dump by the name that the history gives it", async () => {
      const types = ["full"] as const;
      await restart({ sources: () => [{ name: "orders.dump", engine: "postgresql", types, warms: false }] });
      const source = "orders.dump";
      assert.equal((await ask(fake, "POST", `${SYSTEM}/backup`, { source })).status, 202);
      assert.equal((await ask(fake, "GET", `${SYSTEM}/backup/history?source=${source}`)).status, 200);
      fake.backups = [held({ id: "b1", source, kind: "logical" })];
      const order = { backupId: "b1", target: source, confirm: source };
      assert.equal((await ask(fake, "POST", `${SYSTEM}/backup/restore`, order)).status, 202);
      for (const wrong of ["orders.", "orders.dump.dump", ".dump", "orders.copy"])
        assert.equal((await ask(fake, "POST", `${SYSTEM}/backup`, { source: wrong })).status, 400, wrong);
    });

    it("is of those that can take the kind", async () => {
      await ask(fake, "POST", `${SYSTEM}/backup`, { type: "incr" });
      assert.deepEqual(fake.asked[0]?.order, { sources: ["orders"], type: "incr" });
    });

    it("is full if nothing is said", async () => {
      assert.equal((await ask(fake, "POST", `${SYSTEM}/backup`)).status, 202);
      assert.equal((await ask(fake, "POST", `${SYSTEM}/backup`, "", JSON_HEADER)).status, 202);
      assert.deepEqual(
        fake.asked.map(({ order }) => (order as { type: string }).type),
        ["full", "full"],
      );
    });

    it("is refused of a source that takes no such kind, and says what it takes", async () => {
      const { status, json } = await ask(fake, "POST", `${SYSTEM}/backup`, { type: "diff", source: "orders" });
      assert.deepEqual(
        [status, json.detail, json.wayOut],
        [422, "orders takes no diff backup", "Ask for full or incr."],
      );
    });

    it("is refused of an unknown source, and says which was meant", async () => {
      const { status, json } = await ask(fake, "POST", `${SYSTEM}/backup`, { source: "ordres" });
      assert.equal(status, 422);
      assert.deepEqual(json.errors, [{ field: "source", rule: "must be a source of the plan", got: '"ordres"' }]);
      assert.equal(json.wayOut, "Did you mean orders? It protects: orders, cache.");
    });

    it("is refused while another runs, and says which", async () => {
      const askedAt = "2026-11-21T09:00:00Z";
      fake.busy = { id: "b1", kind: "verify", sources: ["orders"], state: "running", askedAt };
      const { status, json, headers } = await ask(fake, "POST", `${SYSTEM}/backup`, {});
      assert.deepEqual([status, json.job, headers.location], [409, "b1", "/api/v1/system/jobs/b1"]);
      assert.equal(json.detail, "a verify of orders already runs");
    });
  });

  describe("jobs", () => {
    it("are followed by the address that began them", async () => {
      const { headers, json } = await ask(fake, "POST", `${SYSTEM}/backup`, {});
      assert.equal(json.href, headers.location);
      const followed = await ask(fake, "GET", String(headers.location));
      assert.deepEqual([followed.status, followed.json.state, followed.headers["retry-after"]], [200, "running", "1"]);
      const progress = { phase: "copying", bytes: 5, totalBytes: 10 };
      fake.jobs.set("backup-1", { ...fake.jobs.get("backup-1")!, progress, state: "succeeded", backups: ["x"] });
      const ended = await ask(fake, "GET", String(headers.location));
      assert.deepEqual([ended.json.backups, ended.json.progress], [["x"], progress]);
      assert.equal(ended.headers["retry-after"], undefined);
    });

    it("are not found by another id", async () =>
      assert.equal((await ask(fake, "GET", `${SYSTEM}/jobs/backup-9`)).status, 404));
  });

  describe("verify", () => {
    it("takes the newest that was proven, or says that there is none", async () => {
      fake.backups = [held({}, { verified: true })];
      const url = `${SYSTEM}/backup/verify`;
      assert.equal((await ask(fake, "POST", url, { backupId: "latest", source: "orders", level: "read" })).status, 202);
      assert.deepEqual(fake.asked[0]?.order, { backup: fake.backups[0]?.backup, level: "read" });
      assert.equal((await ask(fake, "POST", url, { backupId: "latest", source: "cache" })).status, 404);
      assert.equal((await ask(fake, "POST", url, { backupId: "latest" })).status, 422);
      const unknown = await ask(fake, "POST", url, { backupId: "nothing" });
      assert.deepEqual([unknown.status, unknown.json.detail], [404, 'no repository holds a backup "nothing"']);
    });
  });

  describe("warm-up", () => {
    it("is refused where the plan does not say how", async () => {
      const { status, json } = await ask(fake, "POST", `${SYSTEM}/cache/warmup`, { source: "orders" });
      assert.deepEqual([status, json.detail], [422, "the plan does not say how the cache of orders is warmed up"]);
    });
  });

  describe("health", () => {
    it("is 503 with the reason as soon as one database does not answer", async () => {
      const reason = "connection refused";
      await restart({
        databases: () => Promise.resolve([{ name: "orders", engine: "postgresql", isUp: false, reason }]),
      });
      const { status, json } = await ask(fake, "GET", `${SYSTEM}/health/database`);
      assert.deepEqual([status, json.status], [503, "unhealthy"]);
      assert.deepEqual(json.databases, [{ name: "orders", engine: "postgresql", isUp: false, reason }]);
    });
  });

  describe("probes", () => {
    const bare = { authorization: "" };

    it("need no token", async () => {
      assert.equal((await ask(fake, "GET", "/healthz", undefined, bare)).status, 200);
      assert.equal((await ask(fake, "GET", "/readyz", undefined, bare)).status, 200);
      const { status, text, headers } = await ask(fake, "GET", "/metrics", undefined, bare);
      assert.equal(status, 200);
      assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
      assert.match(text, /^dr_build_info\{version="1\.2\.3",node="v\d+\.\d+\.\d+"\} 1$/m);
    });

    it("say what is missing until the agent is ready", async () => {
      await restart({ missing: () => Promise.resolve(["the repository own is not open"]) });
      const { status, json } = await ask(fake, "GET", "/readyz");
      assert.deepEqual([status, json], [503, { ok: false, missing: ["the repository own is not open"] }]);
      assert.equal((await ask(fake, "GET", "/healthz")).status, 200);
    });
  });
});
