import assert from "node:assert/strict";
import { createQueue, type Queue, type Work } from "../../../agent/jobs/queue";
import type { Job } from "../../../agent/api/ports";

describe("agent/jobs/queue", () => {
  let ended: Job[];
  let queue: Queue;
  beforeEach(() => {
    ended = [];
    queue = createQueue({ onStarted: () => {}, onEnded: (job) => void ended.push(job) }, (text) =>
      text.replace("canary", "[hidden]"),
    );
  });

  /** Work that goes on until it is let go. */
  function held() {
    let go!: () => void;
    const gate = new Promise<void>((resolve) => (go = resolve));
    return { go, work: () => gate };
  }
  const begun = (kind: Job["kind"], sources: readonly string[], work: (on: Work) => Promise<void>) => {
    const answer = queue.begin(kind, sources, work);
    if ("busy" in answer) throw new Error(`busy with ${answer.busy.id}`);
    return answer;
  };

  it("does one thing at a time, in the order in which it was asked", async () => {
    const [first, second] = [held(), held()];
    const one = begun("backup", ["orders"], first.work);
    const two = begun("verify", ["cache"], second.work);
    await new Promise(setImmediate);
    const states = () => [queue.job(one.job.id)!.state, queue.job(two.job.id)!.state];
    assert.deepEqual(states(), ["running", "queued"]);
    first.go();
    await one.ended;
    await new Promise(setImmediate);
    assert.deepEqual(states(), ["succeeded", "running"]);
    second.go();
    await two.ended;
    assert.deepEqual(queue.running(), undefined);
    assert.deepEqual(
      ended.map(({ id }) => id),
      [one.job.id, two.job.id],
    );
  });

  it("refuses a source that has something to do, queued or running, and names what is in the way", async () => {
    const { go, work } = held();
    const { job, ended: over } = begun("backup", ["orders", "cache"], work);
    await new Promise(setImmediate);
    assert.deepEqual(queue.begin("restore", ["cache"], work), { busy: queue.job(job.id) });
    go();
    await over;
    assert.ok("job" in queue.begin("restore", ["cache"], work));
  });

  it("lets a restore go before what waits: whoever asks for one needs it now", async () => {
    const [running, routine, urgent] = [held(), held(), held()];
    begun("backup", ["orders"], running.work);
    const waits = begun("backup", ["cache"], routine.work);
    await new Promise(setImmediate);
    const restore = begun("restore", ["cache"], urgent.work);
    assert.ok(
      "busy" in queue.begin("restore", ["cache"], urgent.work),
      "of two restores of one source the second is refused",
    );
    running.go();
    await new Promise(setImmediate);
    assert.equal(queue.job(restore.job.id)!.state, "running");
    assert.equal(queue.job(waits.job.id)!.state, "queued");
    urgent.go();
    routine.go();
    await waits.ended;
    assert.deepEqual(
      ended.map(({ kind, sources }) => `${kind} ${sources.join()}`),
      ["backup orders", "restore cache", "backup cache"],
    );
  });

  it("tells progress, the backups that were made, and why it failed, without a secret", async () => {
    const { job, ended: over } = begun("backup", ["orders"], (on) => {
      on.onProgress({ bytes: 5, phase: "copy" });
      on.onBackup("b1");
      on.onBackup("b1");
      assert.deepEqual(queue.running(), { kind: "backup", sources: ["orders"], progress: { bytes: 5, phase: "copy" } });
      return Promise.reject(new Error("the password is canary"));
    });
    const { state, backups, error, endedAt } = await over;
    assert.deepEqual([state, backups, error], ["failed", ["b1"], "the password is [hidden]"]);
    assert.ok(endedAt);
    assert.deepEqual(queue.job(job.id), await over);
  });

  it("lets go of what waits when it ends, refuses more, and tells what runs to begin nothing", async () => {
    const { go, work } = held();
    const running = begun("backup", ["orders"], async (on) => {
      await work();
      on.refuseIfEnding();
    });
    const waiting = begun("backup", ["cache"], () => assert.fail("it never had its turn"));
    await new Promise(setImmediate);
    const over = queue.end();
    go();
    await over;
    assert.deepEqual([(await running.ended).state, (await waiting.ended).state], ["failed", "failed"]);
    assert.match((await waiting.ended).error!, /is ending/);
    assert.throws(() => queue.begin("backup", ["other"], work), /is ending/);
  });
});
