import assert from "node:assert/strict";
import { dueAt, retryAfter, tasksOf, type Task } from "../../../agent/jobs/schedule";
import { parsePlan } from "../../../plan";
import { orders, text } from "../../plan/example";

const task = (cron: string, timeZone = "UTC"): Task => ({ source: "orders", kind: "full", cron, timeZone });
const due = (cron: string, last: string, now: string, zone?: string) =>
  dueAt(task(cron, zone), new Date(last), new Date(now))?.toISOString();

describe("agent/jobs/schedule", () => {
  it("does what the plan says, by kind", () => {
    const plan = parsePlan(
      text((written) => Object.assign(orders(written), { backup: { full: "0 2 * * *", incremental: "0 * * * *" } })),
      "plan.yaml",
    );
    assert.deepEqual(
      tasksOf("orders", plan.data["orders"]!).map(({ kind, cron }) => [kind, cron]),
      [
        ["full", "0 2 * * *"],
        ["incr", "0 * * * *"],
        ["integrity", "0 5 * * *"],
        ["restore", "0 6 * * 0"],
      ],
    );
  });

  it("is not due before its time, and is from then on", () => {
    assert.equal(due("0 2 * * *", "2027-03-01T02:00:00Z", "2027-03-02T01:59:59Z"), undefined);
    assert.equal(due("0 2 * * *", "2027-03-01T02:00:00Z", "2027-03-02T02:00:00Z"), "2027-03-02T02:00:00.000Z");
  });

  it("is due at once, and once, when runs were missed", () =>
    assert.equal(due("0 2 * * *", "2027-03-01T02:00:00Z", "2027-03-09T14:00:00Z"), "2027-03-02T02:00:00.000Z"));

  it("does not wait for a clock that was wrong to be right again", () =>
    assert.equal(due("0 2 * * *", "2037-03-01T02:00:00Z", "2027-03-02T01:00:00Z"), "2027-03-02T01:00:00.000Z"));

  it("runs every day through both changes of the clock", () => {
    for (const [from, days] of [
      ["2027-03-25T12:00:00Z", 6],
      ["2027-10-28T12:00:00Z", 6],
    ] as const) {
      let last = new Date(from);
      const runs: string[] = [];
      for (let now = last.getTime(); now < last.getTime() + 1 && runs.length < days;) {
        for (now += 60_000; !dueAt(task("30 2 * * *", "Europe/Berlin"), last, new Date(now)); now += 60_000);
        last = new Date(now);
        runs.push(last.toISOString().slice(0, 10));
      }
      assert.equal(new Set(runs).size, days, runs.join());
    }
  });

  it("waits longer after each failure, an hour at most", () =>
    assert.deepEqual([1, 2, 3, 10].map(retryAfter), [60_000, 120_000, 240_000, 3_600_000]));
});
