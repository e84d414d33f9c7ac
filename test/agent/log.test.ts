import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createLog, type LogOptions } from "../../agent/log";
import { createRedactor, HIDDEN } from "../../agent/redaction";

type Entry = Record<string, unknown>;

function listen(options: LogOptions = {}) {
  const lines: string[] = [];
  const log = createLog({ ...options, write: (line) => lines.push(line) });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Entry) };
}

const CANARY = 'canary-7f3a"\\ä/q=1&x';

describe("agent/log", () => {
  it("writes one line of JSON for each event", () => {
    const { log, lines, entries } = listen({ fields: { plan: "shop", site: "prod" } });
    log.with({ source: "orders" }).info("backup taken", { seconds: 3 });
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.endsWith("}\n"));
    const { time, ...entry } = entries()[0] as { time: string };
    assert.match(time, /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.deepEqual(entry, {
      ...{ level: "info", plan: "shop", site: "prod", source: "orders", seconds: 3 },
      message: "backup taken",
    });
  });

  it("leaves out what is below its level", () => {
    const { log, entries } = listen({ level: "warn" });
    for (const level of ["debug", "info", "warn", "error"] as const) log[level](level);
    assert.deepEqual(
      entries().map(({ message }) => message),
      ["warn", "error"],
    );
  });

  it("refuses a level that it does not know", () =>
    assert.throws(() => createLog({ level: "loud" as "info" }), {
      message: "log level must be one of trace, debug, info, warn, error, fatal, silent; got loud",
    }));

  it("hides what stands under a secret's key, however deep", () => {
    const { log, lines, entries } = listen();
    log.info("connecting", { to: [{ options: { Password: CANARY, PGPASSWORD: CANARY, port: 5432 } }], token: CANARY });
    log.with({ authorization: `Bearer ${CANARY}` }).info("asked");
    assert.ok(!lines.join("").includes("canary"));
    assert.deepEqual(entries()[0]?.to, [{ options: { Password: HIDDEN, PGPASSWORD: HIDDEN, port: 5432 } }]);
  });

  it("hides a secret inside a message, an address, and every error beneath an error", () => {
    const redactor = createRedactor([CANARY]);
    const { log, lines } = listen({ redactor });
    const address = `https://hooks.test/x?key=${encodeURIComponent(CANARY)}`;
    const inner = Object.assign(new Error(`cannot reach ${address}`), { request: { headers: { "x-key": CANARY } } });
    const err = new Error(`send: ${CANARY}`, {
      cause: new AggregateError([inner, new Error(JSON.stringify({ body: CANARY }))], `two of ${CANARY}`),
    });
    log.error(`failed with ${CANARY}`, { err, [CANARY]: Buffer.from(CANARY).toString("base64") });
    assert.equal(lines.length, 1);
    assert.ok(!/canary|Y2FuYXJ5/.test(lines[0]!), lines[0]);
    assert.match(lines[0]!, /cannot reach https:\/\/hooks\.test\/x\?key=\[hidden\]/);
  });

  it("hides a secret in JSON that stands inside JSON", () => {
    const text = JSON.stringify(JSON.stringify({ key: CANARY }));
    assert.ok(!createRedactor([CANARY]).text(text).includes("canary"));
  });

  it("hides a secret that is learned later", () => {
    const redactor = createRedactor();
    const { log, lines } = listen({ redactor });
    redactor.hide("postgres://app:h%40rd-pass@db:5432/orders");
    log.info("cannot log in as app with h@rd-pass to postgres://app:other@db/orders");
    assert.ok(!/h@rd-pass|other/.test(lines[0]!), lines[0]);
  });

  it("hides a webhook's path on its own", () => {
    const redactor = createRedactor(["https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXXXXXX"]);
    assert.equal(redactor.text("POST /services/T000/B000/XXXXXXXXXXXXXXXX: 404"), "POST [hidden]: 404");
    assert.equal(redactor.text("id XXXXXXXXXXXXXXXX"), "id [hidden]");
  });

  it("never shows a secret, whatever it is made of and wherever it stands", () =>
    fc.assert(
      fc.property(
        fc.string({ minLength: 6, unit: "grapheme" }),
        fc.string(),
        fc.jsonValue(),
        (secret, around, data) => {
          fc.pre(
            secret.trim().length >= 6 && !HIDDEN.includes(secret.trim()) && !`${around}message time`.includes(secret),
          );
          const redactor = createRedactor([secret]);
          const { log, entries } = listen({ redactor });
          log.error(`${around}${secret}${around}`, { data, text: JSON.stringify({ secret: [secret] }) });
          const shown = (value: unknown): string =>
            typeof value === "string"
              ? value
              : Object.values(value ?? {})
                  .map(shown)
                  .join("\n");
          const { message, text } = entries()[0] as { message: string; text: string };
          return !shown([message, text]).includes(secret);
        },
      ),
    ));

  it("leaves short words alone: a value of three letters would hide everything", () =>
    assert.equal(createRedactor(["a", "", "dr1"]).text("a dr1 drill"), "a dr1 drill"));
});
