import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Job } from "../../../agent/api";
import { Interrupted, JobFailed, carryOut } from "../../../cli/backup/carry-out";
import { clientOf } from "../../../cli/backup/client";
import { follow } from "../../../cli/backup/follow";
import { NoAnswer, overHttp } from "../../../cli/backup/send";
import { startProgress } from "../../../cli/progress";
import { UsageError } from "../../../cli/project";
import { held, startFake, TOKEN, type Fake } from "../../agent/api/fake";
import { sink } from "../sink";

const quickly = { pauseMs: 10, patienceMs: 100 };
const silent = () => {};

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("cli/backup/client, against the agent's API", function () {
  this.timeout(60_000);
  let fake: Fake;
  let url: string;
  let server: Server;
  async function start(...change: Parameters<typeof startFake>) {
    fake = await startFake(...change);
    server = createServer(fake.api.handle);
    url = await listen(server);
  }
  const stop = () => new Promise<unknown>((resolve) => (server.close(resolve), server.closeAllConnections()));
  beforeEach(() => start());
  afterEach(async () => {
    await stop();
    await fake.api.close();
  });
  const client = (token: string | undefined = TOKEN) => clientOf(overHttp(url, token));
  const end = (job: Job, change: Partial<Job>) => fake.jobs.set(job.id, { ...job, state: "succeeded", ...change });

  it("begins a backup and follows it to its end", async () => {
    const job = await client().backup({ source: "orders", type: "incr", description: "why" });
    assert.deepEqual(fake.asked, [
      { kind: "backup", order: { sources: ["orders"], type: "incr", description: "why" } },
    ]);
    const seen: string[] = [];
    const progress = { phase: "store", bytes: 5, totalBytes: 10 };
    fake.jobs.set(job.id, { ...job, progress });
    const ended = await follow(
      client(),
      job,
      ({ phase, bytes }) => {
        seen.push(`${phase} ${bytes}`);
        if (phase === "store") end(job, { backups: ["orders-1"] });
      },
      quickly,
    );
    assert.deepEqual([ended.state, ended.backups], ["succeeded", ["orders-1"]]);
    assert.ok(seen.includes("store 5"), seen.join());
  });

  it("orders a restore with the confirmation, and what was not said is not sent", async () => {
    fake.backups = [held({}, {})];
    const { id } = fake.backups[0]!.backup;
    await client().restore({ backupId: id, target: "/srv/x", confirm: "/srv/x", drop: false });
    assert.deepEqual(fake.asked, [
      { kind: "restore", order: { backup: fake.backups[0]!.backup, target: "/srv/x", drop: false } },
    ]);
  });

  it("reads all pages of the history, or as many as are wanted", async () => {
    const day = (at: number) => new Date(Date.UTC(2020, 0, 1 + at)).toISOString();
    fake.backups = Array.from({ length: 450 }, (_, at) => held({ startedAt: day(at) }));
    const all = await client().history();
    assert.deepEqual([all.total, all.backups.length], [450, 450]);
    assert.equal(new Set(all.backups.map(({ id }) => id)).size, 450);
    const some = await client().history({ limit: 203 });
    assert.deepEqual(
      [some.total, some.backups.map(({ id }) => id)],
      [450, all.backups.slice(0, 203).map(({ id }) => id)],
    );
  });

  const refusals: readonly [string, (fake: Fake) => Promise<unknown>, string][] = [
    [
      "an unknown source, with the nearest name",
      () => client().backup({ source: "ordrs", type: "full" }),
      'the plan protects nothing that is called "ordrs". Did you mean orders? It protects: orders, cache',
    ],
    [
      "a kind of backup that a source does not take",
      () => client().backup({ source: "cache", type: "diff" }),
      "cache takes no diff backup. Ask for full",
    ],
    [
      "a description of two lines",
      () => client().backup({ type: "full", description: "a\nb" }),
      "--description must be one line of text, 500 characters or fewer",
    ],
    [
      "a backup that is not there",
      () => client().verify({ backupId: "nothing", level: "read" }),
      'no repository holds a backup "nothing". npx pulumi-dr backups lists all',
    ],
  ];
  for (const [title, work, message] of refusals)
    it(`hands on the refusal of ${title}, as a mistake of the call`, () =>
      assert.rejects(work(fake), (error: Error) => {
        assert.equal(error.message, message);
        return error instanceof UsageError;
      }));

  it("says which variable holds the token where it is wrong, and repeats no token", async () => {
    for (const [token, detail] of [
      ["canary-wrong-token-000", "the bearer token is not this agent's"],
      [undefined, "the request has no bearer token"],
    ] as const)
      await assert.rejects(clientOf(overHttp(url, token)).history(), {
        message: `the agent does not let this in: ${detail}. Set the secret that the plan's api.token names (DR_API_TOKEN unless it says otherwise) in the environment`,
      });
  });

  it("names the job that is in the way, and is no mistake of the call", async () => {
    const askedAt = "2026-11-21T09:00:00.000Z";
    fake.busy = { id: "backup-7", kind: "backup", sources: ["orders"], state: "running", askedAt };
    await assert.rejects(client().backup({ source: "orders", type: "full" }), (error: Error) => {
      assert.equal(
        error.message,
        "the agent is busy: a backup of orders already runs (job backup-7). Nothing was begun; ask again once it has ended: npx pulumi-dr backups shows what came of it",
      );
      return !(error instanceof UsageError);
    });
  });

  it("waits as long as the agent says where too many ask", async () => {
    await stop();
    await fake.api.close();
    await start({}, { requestsPerMinute: 1 });
    const waits: number[] = [];
    const patient = clientOf(overHttp(url, TOKEN), (ms) => (waits.push(ms), Promise.resolve()));
    await patient.history();
    await assert.rejects(patient.history(), /too many requests/);
    assert.equal(waits.length, 4);
    assert.ok(
      waits.every((ms) => ms >= 1000 && ms <= 60_000),
      waits.join(),
    );
  });

  it("says that an agent is gone in the middle of a job, and what is not known", async () => {
    const job = await client().backup({ type: "full" });
    await stop();
    await assert.rejects(follow(client(), job, silent, quickly), {
      message: `the agent at ${url} does not answer (ECONNREFUSED) in the middle of it, and what came of job ${job.id} is not known. See npx pulumi-dr status, and npx pulumi-dr backups once it answers`,
    });
  });

  it("goes on with a job of an agent that was silent for a moment", async () => {
    const job = await client().backup({ type: "full" });
    const real = client();
    let silent = 3;
    const broken = {
      job: (id: string) => (silent-- > 0 ? Promise.reject(new NoAnswer("no answer")) : (end(job, {}), real.job(id))),
    };
    assert.equal((await follow(broken, job, () => {}, { pauseMs: 10, patienceMs: 60_000 })).state, "succeeded");
  });

  it("says that an agent was started anew in the middle of a job", async () => {
    const job = await client().backup({ type: "full" });
    fake.jobs.clear();
    await assert.rejects(
      follow(client(), job, silent, quickly),
      /started anew in the middle of it and knows the job no more/,
    );
  });

  it("sends the token to nobody else than the agent", async () => {
    const asked: (string | undefined)[] = [];
    const elsewhere = createServer(({ headers }, response) => {
      asked.push(headers.authorization);
      response.end("{}");
    });
    const there = await listen(elsewhere);
    const misled = createServer((_request, response) => response.writeHead(302, { location: there }).end());
    await assert.rejects(clientOf(overHttp(await listen(misled), TOKEN)).history(), NoAnswer);
    assert.deepEqual(asked, []);
    for (const one of [elsewhere, misled]) one.close();
  });

  describe("carryOut", () => {
    const at = (isDirect: boolean, close = () => Promise.resolve()) => ({ client: client(), isDirect, close });
    const begin = () => client().backup({ type: "full" });

    it("throws with the reason of a job that failed", async () => {
      const { stream, read } = sink();
      const failing = carryOut(at(false), startProgress(stream), "back up", async () => {
        const job = await begin();
        end(job, { state: "failed", error: "own: no space is left" });
        return job;
      });
      await assert.rejects(
        failing,
        (error: Error) => error instanceof JobFailed && error.message === "own: no space is left",
      );
      assert.match(read(), /✗ back up\n$/);
    });

    for (const [isDirect, said] of [
      [false, /^interrupted here; the backup goes on at the agent as job backup-1\. npx pulumi-dr backups shows/],
      [true, /^interrupted: the backup was rolled back, and nothing of it is listed$/],
    ] as const)
      it(`says on Ctrl-C what becomes of the job ${isDirect ? "of this process" : "at the agent"}`, async () => {
        let closed = 0;
        const { stream } = sink();
        const before = process.listenerCount("SIGINT");
        const interrupted = carryOut(
          at(isDirect, () => (closed++, Promise.resolve())),
          startProgress(stream),
          "back up",
          async () => {
            const job = await begin();
            setTimeout(() => process.emit("SIGINT"), 20);
            return job;
          },
          quickly,
        );
        await assert.rejects(interrupted, (error: Error) => error instanceof Interrupted && said.test(error.message));
        assert.equal(closed, isDirect ? 1 : 0);
        assert.equal(process.listenerCount("SIGINT"), before);
      });
  });
});
