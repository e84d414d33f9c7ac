import assert from "node:assert/strict";
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import * as fc from "fast-check";
import type { Incident } from "../../../agent/alerts/incident";
import { openOutbox, type Queued } from "../../../agent/alerts/outbox";
import { temporary } from "../../helpers/temporary";
import { message } from "./listener";

const incident: Incident = {
  ...{ key: "disk//data", breach: { rule: "disk", source: "/data", severity: "P2" }, phase: "firing", since: 1 },
  ...{ fired: [1], isFlapping: false, toldAt: 1 },
};
const queued = (id: string, channel = "chat"): Queued => ({ channel, message: message({ id }), queuedAt: 1 });

describe("agent/alerts/outbox", () => {
  const folder = temporary();
  const errors: unknown[] = [];
  const open = () => openOutbox(folder("state", "alerts.jsonl"), (error) => errors.push(error));
  const ids = (list: readonly Queued[]) => list.map(({ channel, message }) => `${channel}:${message.id}`);
  beforeEach(() => (errors.length = 0));

  it("remembers over a restart what is wrong and what was not delivered", () => {
    const first = open();
    first.record([incident], [queued("a"), queued("a", "mail"), queued("b")]);
    first.settle("chat", "a");
    const second = open();
    assert.deepEqual(second.incidents, [incident]);
    assert.deepEqual(ids(second.queued), ["mail:a", "chat:b"]);
    second.record([], []);
    assert.deepEqual(open().incidents, []);
    assert.deepEqual(errors, []);
  });

  it("is for the agent's own eyes", () => {
    open();
    assert.equal(statSync(folder("state", "alerts.jsonl")).mode & 0o777, 0o600);
  });

  it("leaves out a line that is not whole, and loses nothing after it", () => {
    open().record([incident], [queued("a")]);
    const file = folder("state", "alerts.jsonl");
    const outbox = open();
    appendFileSync(file, '\n{"queued":[{"chan');
    outbox.record([incident], [queued("b")]);
    assert.deepEqual(ids(open().queued), ["chat:a", "chat:b"]);
    assert.match(String(errors[0]), /alerts\.jsonl: a line of 17 characters is not whole; it was left out/);
  });

  it("opens after a cut at any byte: with all before it, or without the last line alone", () => {
    const first = open();
    first.record([incident], [queued("a")]);
    first.record([incident], [queued("b")]);
    const file = folder("state", "alerts.jsonl");
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (cut) => {
        writeFileSync(file, whole.subarray(0, cut));
        const got = ids(open().queued).join();
        const ends = [...whole.toString().matchAll(/\n|$/g)].map(({ index }) => index).slice(1);
        const lines = ends.filter((end) => cut >= end).length;
        assert.equal(got, ["", "", "chat:a", "chat:a,chat:b"][lines]);
      }),
    );
  });

  it("does not grow for ever", () => {
    const outbox = open();
    for (let i = 0; i < 350; i++) {
      outbox.record([{ ...incident, toldAt: i }], []);
    }
    assert.ok(readFileSync(folder("state", "alerts.jsonl"), "utf8").split("\n").length < 250);
    assert.equal(open().incidents[0]?.toldAt, 349);
    assert.deepEqual(readdirSync(folder("state")), ["alerts.jsonl"]);
  });

  it("goes on in memory when nothing can be written", () => {
    mkdirSync(folder("state", "alerts.jsonl"), { recursive: true });
    chmodSync(folder("state"), 0o500);
    const outbox = open();
    outbox.record([incident], [queued("a")]);
    chmodSync(folder("state"), 0o700);
    assert.deepEqual(ids(outbox.queued), ["chat:a"]);
    assert.ok(errors.length >= 2);
  });
});
