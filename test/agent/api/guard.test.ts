import assert from "node:assert/strict";
import { authenticate } from "../../../agent/api/authentication";
import { ask, held, startFake, SYSTEM, TOKEN, type Fake } from "./fake";

/** What lets nobody in, nothing big through and no secret out. */
describe("agent/api guards", () => {
  let fake: Fake;
  beforeEach(async () => (fake = await startFake()));
  afterEach(() => fake.api.close());

  const system = [
    ["POST", "/backup"],
    ["GET", "/backup/history"],
    ["POST", "/backup/restore"],
    ["POST", "/backup/verify"],
    ["GET", "/health/database"],
    ["GET", "/metrics"],
    ["POST", "/cache/warmup"],
    ["GET", "/jobs/backup-1"],
  ] as const;
  for (const [method, path] of system)
    it(`wants the token for ${method} ${path}`, async () => {
      for (const authorization of [
        "",
        "Bearer",
        "Bearer wrong-token-0123456789",
        `Basic ${TOKEN}`,
        `Bearer ${TOKEN}x`,
      ]) {
        const { status, json, headers } = await ask(fake, method, SYSTEM + path, undefined, { authorization });
        assert.equal(status, 401, authorization);
        assert.equal(headers["www-authenticate"], 'Bearer realm="pulumi-dr"');
        assert.equal(json.type, "urn:pulumi-dr:problem:not-authorized");
      }
      assert.notEqual((await ask(fake, method, SYSTEM + path)).status, 401);
    });

  it("takes no token that could be guessed", () => {
    const said = "the API's token must have 16 characters or more; make one with: openssl rand -base64 32";
    assert.throws(() => authenticate("short"), { message: said });
    assert.throws(() => authenticate(`${" ".repeat(20)}x`), { message: said });
    assert.doesNotThrow(() => authenticate(`${TOKEN}\n`)(`bearer ${TOKEN}`));
  });

  it("reads no body before it knows the caller", async () => {
    const { status } = await ask(fake, "POST", `${SYSTEM}/backup`, "{".repeat(100), {
      ...{ authorization: "", "content-type": "application/json" },
    });
    assert.equal(status, 401);
  });

  it("limits how often anyone may ask, those without a token too, but not probes", async () => {
    await fake.api.close();
    fake = await startFake({}, { requestsPerMinute: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++)
      statuses.push((await ask(fake, "GET", `${SYSTEM}/metrics`, undefined, { authorization: "" })).status);
    assert.deepEqual(statuses, [401, 401, 401, 429]);
    const { status, headers, json } = await ask(fake, "GET", `${SYSTEM}/metrics`);
    assert.deepEqual([status, json.title], [429, "Too many requests"]);
    assert.match(String(headers["retry-after"]), /^\d+$/);
    assert.match(String(headers["content-type"]), /^application\/problem\+json/);
    for (let i = 0; i < 5; i++) assert.equal((await ask(fake, "GET", "/healthz")).status, 200);
  });

  it("takes bodies up to 64 KiB", async () => {
    const body = (bytes: number) => `{"source":"orders"${" ".repeat(bytes - 19)}}`;
    const send = (bytes: number) =>
      ask(fake, "POST", `${SYSTEM}/backup`, body(bytes), { "content-type": "application/json" });
    assert.equal((await send(64 * 1024)).status, 202);
    const { status, json } = await send(64 * 1024 + 1);
    assert.deepEqual([status, json.detail], [413, "the body must be 64 KiB or smaller"]);
  });

  for (const [what, body, type, status] of [
    ["a form", "type=full", "application/x-www-form-urlencoded", 415],
    ["a broken body", '{"type":', "application/json", 400],
    ["a poisoned body", '{"__proto__":{"type":"full"}}', "application/json", 400],
    ["a list", "[]", "application/json", 400],
    ["a body nested without end", `${"[".repeat(30_000)}${"]".repeat(30_000)}`, "application/json", 400],
    ["a field nested without end", `{"type":${"[".repeat(30_000)}${"]".repeat(30_000)}}`, "application/json", 400],
  ] as const)
    it(`refuses ${what}`, async () => {
      const answer = await ask(fake, "POST", `${SYSTEM}/backup`, body, { "content-type": type });
      assert.equal(answer.status, status, answer.text);
      assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
      assert.deepEqual(fake.asked, []);
    });

  it("says which field breaks which rule, what it got and what to do", async () => {
    const { status, json } = await ask(fake, "POST", `${SYSTEM}/backup`, {
      type: "half",
      sources: "x",
      description: 7,
    });
    assert.equal(status, 400);
    assert.deepEqual(json.errors, [
      { field: "sources", rule: "is not a field that this request has" },
      { field: "type", rule: "must be one of full, incr, incremental, diff, differential", got: '"half"' },
      { field: "description", rule: "must be string", got: "7" },
    ]);
    assert.equal(json.wayOut, "See /docs for what each request takes.");
    const missing = await ask(fake, "POST", `${SYSTEM}/backup/restore`, {});
    assert.deepEqual(missing.json.errors, [{ field: "backupId", rule: "must be given" }]);
  });

  it("answers what it does not have", async () => {
    assert.equal((await ask(fake, "GET", "/nothing?x=1")).status, 404);
    const { status, headers, json } = await ask(fake, "DELETE", `${SYSTEM}/backup`);
    assert.deepEqual([status, headers.allow, json.detail], [405, "POST", "this address takes POST"]);
    assert.equal((await ask(fake, "GET", "/%zz")).status, 400);
  });

  it("gives each request an id, the caller's own if it is harmless, and logs it", async () => {
    const { headers, json } = await ask(fake, "GET", "/nothing", undefined, { "x-request-id": "from-me.1" });
    assert.deepEqual([headers["x-request-id"], json.instance], ["from-me.1", "urn:pulumi-dr:request:from-me.1"]);
    const other = await ask(fake, "POST", `${SYSTEM}/backup`, {}, { "x-request-id": 'a\tb"c' });
    assert.match(String(other.headers["x-request-id"]), /^[0-9a-f-]{36}$/);
    assert.ok(fake.lines.some((line) => line.includes(String(other.headers["x-request-id"]))));
  });

  it("says nothing of a failure but where to look", async () => {
    await fake.api.close();
    fake = await startFake({ history: () => Promise.reject(new Error(`cannot read s3://key:hunter22@b: ${TOKEN}`)) });
    const { status, json, text } = await ask(fake, "GET", `${SYSTEM}/backup/history`);
    assert.deepEqual([status, json.detail], [500, "the agent failed"]);
    assert.ok(!/s3|hunter22|canary/.test(text));
    const line = fake.lines.find((one) => one.includes("a request failed"));
    assert.match(line ?? "", /cannot read s3:\/\/\[hidden\]@b: \[hidden\]/);
  });

  it("echoes no secret, however it was sent", async () => {
    fake.backups = [held({ id: "b1" })];
    const target = "postgres://app:canary-word@db:5432/orders?password=canary-word";
    const answers = [
      await ask(fake, "POST", `${SYSTEM}/backup/restore`, { backupId: "b1", target }),
      await ask(fake, "POST", `${SYSTEM}/backup/restore`, { backupId: "b1", target: `host=db password=canary-word` }),
      await ask(fake, "POST", `${SYSTEM}/backup/restore`, { backupId: "b1", password: "canary-word" }),
      await ask(fake, "POST", `${SYSTEM}/backup/restore`, { backupId: "b1", target, confirm: TOKEN }),
      await ask(fake, "POST", `${SYSTEM}/backup`, { source: "canary-token-0123456789" }),
      await ask(fake, "GET", `/nothing?token=${TOKEN}`),
      await ask(fake, "GET", `${SYSTEM}/backup/history?source=${TOKEN}`),
    ];
    for (const { status, text } of answers) {
      assert.ok(status >= 400 && status < 500, text);
      assert.ok(!text.includes("canary"), text);
    }
    assert.ok(!fake.lines.join("").includes("canary"), fake.lines.join(""));
  });

  it("shows of a backup neither where it lies nor what its engine needs", async () => {
    fake.backups = [held({}, { verified: true })];
    assert.ok(!(await ask(fake, "GET", `${SYSTEM}/backup/history`)).text.includes("canary"));
  });
});
