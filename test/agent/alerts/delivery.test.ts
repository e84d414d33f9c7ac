import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createDelivery, type Delivery, type DeliveryDeps } from "../../../agent/alerts/delivery";
import { DeliveryError } from "../../../agent/alerts/http";
import type { Queued } from "../../../agent/alerts/outbox";
import { delayAfter, GIVE_UP_AFTER, MAX_WAITING } from "../../../agent/alerts/retry";
import { message, until } from "./listener";

const item = (id: string, channel = "chat", kind: "firing" | "repeat" = "firing"): Queued => ({
  ...{ channel, queuedAt: 0 },
  message: message({ id, kind }),
});

function start(channels: Record<string, (id: string) => Promise<void>>, change: Partial<DeliveryDeps> = {}) {
  const told: string[] = [];
  const delivery = createDelivery({
    channels: new Map(Object.entries(channels).map(([name, send]) => [name, ({ id }) => send(id)])),
    onSettled: ({ channel, message: { id } }, dropped) => told.push(`${channel} ${id} ${dropped ?? "delivered"}`),
    onAttempt: (channel, error) => error && told.push(`${channel} failed: ${error.message}`),
    onHealth: (channel, reason) => reason && told.push(`${channel} is failing: ${reason}`),
    ...{ now: () => 0, random: () => 0, wait: () => Promise.resolve() },
    ...change,
  });
  open.push(delivery);
  return { delivery, told };
}
const open: Delivery[] = [];

describe("agent/alerts/delivery", () => {
  afterEach(() => Promise.all(open.splice(0).map((delivery) => delivery.close())));

  it("tries again until it arrives, in order", async () => {
    const arrived: string[] = [];
    let left = 2;
    const { delivery, told } = start({
      chat: async (id) => {
        if (left-- > 0) throw new Error("down");
        await Promise.resolve(arrived.push(id));
      },
    });
    delivery.push([item("a"), item("b")]);
    await until(() => arrived.length === 2);
    assert.deepEqual(arrived, ["a", "b"]);
    await delivery.settled();
    assert.deepEqual(told, ["chat failed: down", "chat failed: down", "chat a delivered", "chat b delivered"]);
  });

  it("is held up by no channel that hangs or fails", async () => {
    const arrived: string[] = [];
    const { delivery } = start(
      {
        broken: () => Promise.reject(new Error("down")),
        chat: async (id) => void (await Promise.resolve(arrived.push(id))),
      },
      { wait: (_ms, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())) },
    );
    delivery.push([item("a", "broken"), item("b", "broken"), item("a"), item("b")]);
    await delivery.settled();
    assert.deepEqual(arrived, ["a", "b"]);
    assert.deepEqual([delivery.pending("broken"), delivery.pending("chat")], [2, 0]);
  });

  it("says after three failures in a row that a channel fails, once", async () => {
    let failures = 0;
    const { delivery, told } = start({
      chat: async () => {
        if (++failures <= 5) throw new Error("down");
        await Promise.resolve();
      },
    });
    delivery.push([item("a")]);
    await until(() => told.some((line) => line.endsWith("delivered")));
    assert.deepEqual(
      told.filter((line) => line.includes("is failing")),
      ["chat is failing: down"],
    );
    assert.equal(told.indexOf("chat is failing: down"), 3);
  });

  it("counts failures from the last success", async () => {
    const outcomes = [false, false, true, false, false, true];
    const { delivery, told } = start({
      chat: async () => {
        if (!outcomes.shift()) throw new Error("down");
        await Promise.resolve();
      },
    });
    delivery.push([item("a"), item("b")]);
    await until(() => told.includes("chat b delivered"));
    assert.ok(!told.some((line) => line.includes("is failing")));
  });

  it("waits as long as the other side asks", async () => {
    const waits: number[] = [];
    let failed = false;
    const { delivery, told } = start(
      {
        chat: async () => {
          if (!failed) {
            failed = true;
            throw new DeliveryError("answered 429", 42);
          }
          await Promise.resolve();
        },
      },
      { wait: async (ms) => void (await Promise.resolve(waits.push(ms))) },
    );
    delivery.push([item("a")]);
    await until(() => told.includes("chat a delivered"));
    assert.deepEqual(waits, [42_000]);
  });

  it("gives up what is old news, and says so", async () => {
    const { delivery, told } = start(
      { chat: () => Promise.reject(new Error("down")) },
      { now: () => GIVE_UP_AFTER + 1 },
    );
    delivery.push([item("a")]);
    await until(() => told.length > 0);
    assert.deepEqual(told, ["chat a could not be delivered for 24h"]);
  });

  it("gives up what is for a channel that the plan no longer has", () => {
    const { delivery, told } = start({});
    delivery.push([item("a")]);
    assert.deepEqual(told, ["chat a the plan no longer has this channel"]);
  });

  it("keeps only the newest reminder, and no more than so many messages", () => {
    const never = () => new Promise<void>(() => {});
    const { delivery, told } = start({ chat: never });
    open.pop(); // it could not be closed: its channel never answers
    delivery.push([item("first"), item("r1", "chat", "repeat"), item("r2", "chat", "repeat")]);
    assert.deepEqual(told, ["chat r1 a newer message about the same incident waits"]);
    told.length = 0;
    delivery.push(Array.from({ length: MAX_WAITING }, (_, i) => item(`m${i}`)));
    assert.equal(delivery.pending("chat"), MAX_WAITING);
    assert.deepEqual(told, [
      "chat r2 a newer message about the same incident waits",
      `chat m0 more than ${MAX_WAITING} messages wait`,
    ]);
  });

  it("stops between two attempts, and drops nothing", async () => {
    const { delivery, told } = start(
      { chat: () => Promise.reject(new Error("down")) },
      { wait: (_ms, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())) },
    );
    delivery.push([item("a")]);
    await delivery.settled();
    await delivery.close();
    assert.deepEqual(told, ["chat failed: down"]);
    assert.equal(delivery.pending("chat"), 1);
  });

  it("loses nothing and says nothing twice, however pushes and failures fall", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.boolean(), { maxLength: 4 }), { maxLength: 20 }), async (pushes) => {
        const outcomes = pushes.flat();
        const arrived: string[] = [];
        const { delivery } = start({
          chat: async (id) => {
            await Promise.resolve();
            if (outcomes.shift() === false) throw new Error("down");
            arrived.push(id);
          },
        });
        const sent: string[] = [];
        for (const [i, group] of pushes.entries()) {
          const items = group.map((_, j) => item(`${i}.${j}`));
          sent.push(...items.map(({ message: { id } }) => id));
          delivery.push(items);
          for (let turns = i % 5; turns > 0; turns--) await Promise.resolve();
        }
        await until(() => delivery.pending("chat") === 0);
        assert.deepEqual(arrived, sent);
      }),
    ));
});

describe("agent/alerts/retry", () => {
  it("waits longer each time, up to five minutes, never less than half of it", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
        const full = Math.min(300_000, 1000 * 2 ** (attempts - 1));
        const delay = delayAfter(attempts, random);
        assert.ok(delay >= full / 2 && delay <= full);
      }),
    ));

  it("obeys a request to wait longer, up to an hour", () => {
    assert.equal(delayAfter(1, 0, 60), 60_000);
    assert.equal(delayAfter(1, 0, 1e9), 3_600_000);
    assert.equal(delayAfter(20, 1, 1), 300_000);
  });
});
