import assert from "node:assert/strict";
import { checkPlan, parsePlan, PlanError } from "../../plan";
import { orders, refusals, text, type Cases, type Written } from "./example";

const DURATION = "must be a duration with a unit (s, m, h, d or w), such as 15m, 4h or 30d";
const NAME = "must be lower-case letters, digits and single hyphens, starting with a letter";
const set = (path: string, value: unknown) => (plan: Written) => {
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  const at = steps.reduce<Record<string, unknown>>(
    (node, step) => (node[step] ??= {}) as Record<string, unknown>,
    plan,
  );
  if (value === undefined) delete at[last];
  else at[last] = value;
};

describe("plan/issues", () => {
  const long = "x".repeat(300);
  const cases: Cases = [
    ["a mistyped key", set("data.orders.bakup", {}), "data.orders.bakup: unknown key; did you mean `backup`?"],
    ["a mistyped key at the top", set("site", {}), "site: unknown key; did you mean `sites`?"],
    [
      "a mistyped key in a list",
      set("people.escalation", [{ after: "0s", contact: [] }]),
      "people.escalation[0].contact: unknown key; did you mean `contacts`?",
    ],
    [
      "a key that is near none",
      set("dns.colour", 1),
      "dns.colour: unknown key; known here: zone, zoneId, name, ttl, provider, aliases",
    ],
    ["a missing section", set("data", undefined), "data: is required. What is protected. Each entry names its engine."],
    ["a missing key", set("dns.zone", undefined), "dns.zone: is required. Zone that holds the record."],
    [
      "a mistyped engine",
      set("data.orders.engine", "postgres"),
      'data.orders.engine: must be one of postgresql, mongodb, redis, files, configuration; got "postgres"; did you mean `postgresql`?',
    ],
    [
      "a missing engine",
      set("data.orders.engine", undefined),
      "data.orders.engine: is required: one of postgresql, mongodb, redis, files, configuration",
    ],
    [
      "a mistyped choice",
      set("data.orders.replica", "steaming"),
      'data.orders.replica: must be one of none, streaming, synchronous; got "steaming"; did you mean `streaming`?',
    ],
    ["a duration without a unit", set("dns.ttl", 5), `dns.ttl: ${DURATION}; got 5`],
    ["a negative duration", set("dns.ttl", "-5s"), `dns.ttl: ${DURATION}; got "-5s"`],
    [
      "a size without a unit",
      set("data.orders.slotCap", 1024),
      "data.orders.slotCap: must be a size with a unit (B, KB, MB, GB, TB or KiB, MiB, GiB, TiB), such as 1 GiB; got 1024",
    ],
    [
      "cron of six fields",
      set("data.orders.backup.full", "0 0 2 * * *"),
      'data.orders.backup.full: must be a cron expression of five fields (minute hour day month weekday), such as "0 2 * * *"; got "0 0 2 * * *"',
    ],
    [
      "a number out of range",
      set("services.web.port", 70000),
      "services.web.port: must be a whole number from 1 to 65535; got 70000",
    ],
    [
      "a fraction",
      set("services.web.port", 80.5),
      "services.web.port: must be a whole number from 1 to 65535; got 80.5",
    ],
    [
      "text for a number",
      set("services.web.port", "80"),
      'services.web.port: must be a whole number from 1 to 65535; got "80"',
    ],
    [
      "a percentage over 100",
      set("alerts.rules.cpu.above", 101),
      "alerts.rules.cpu.above: must be a percentage from 0 to 100, without the sign; got 101",
    ],
    ["text for a list", set("services.web.dependsOn", "api"), 'services.web.dependsOn: must be a list; got "api"'],
    ["a list for a map", set("data.orders.backup", []), "data.orders.backup: must be a map of keys; got a list"],
    ["text for yes or no", set("rehearsal", "yes"), 'rehearsal: must be true or false; got "yes"'],
    [
      "an account that lost its zeros",
      set("sites.dr", { platform: "aws", region: "eu-west-1", account: 123 }),
      'sites.dr.account: must be an AWS account: 12 digits in quotes, such as "123456789012"; got 123',
    ],
    ["a name in capitals", set("name", "Shop"), `name: ${NAME}; got "Shop"`],
    ["a name in other letters", set("name", "магазин"), `name: ${NAME}; got "магазин"`],
    [
      "a name of 300 characters for an entry",
      (p) => (p.services[long] = {}),
      `services.${"x".repeat(47)}...: a name must be 32 characters or fewer; got "${"x".repeat(56)}..." (302 characters)`,
    ],
    [
      "a path that climbs",
      (p) => (p.data.up = { engine: "files", paths: ["../etc"], backup: { full: "0 2 * * *" } }),
      'data.up.paths[0]: must be a path or volume name of letters, digits and ._@/- without ..; got "../etc"',
    ],
    [
      "a health path that climbs",
      set("services.web.health", "/../x"),
      'services.web.health: must be a path such as /health, without .. or a query; got "/../x"',
    ],
    [
      "a statement that writes",
      (p) => (orders(p).verify = { queries: [{ sql: "delete from t" }] }),
      'data.orders.verify.queries[0].sql: must be one SELECT (or WITH ... SELECT) statement; got "delete from t"',
    ],
    [
      "two statements",
      (p) => (orders(p).verify = { queries: [{ sql: "select 1; drop table t" }] }),
      'data.orders.verify.queries[0].sql: must be one SELECT (or WITH ... SELECT) statement; got "select 1; drop table t"',
    ],
    [
      "a secret, without repeating it",
      set("alerts.channels.chat", { type: "slack", address: "https://hooks.example/T0KEN" }),
      "alerts.channels.chat.address: must be the name of a secret in capitals, such as SLACK_WEBHOOK; the secret itself never goes in a plan",
    ],
    [
      "a name of 300 characters for the system, once",
      set("name", long),
      `name: must be 63 characters or fewer; got "${"x".repeat(56)}..." (302 characters)`,
    ],
    [
      "a letter that turns the line round, by its number",
      set("data.orders.database", "shop\u202e"),
      'data.orders.database: must be lower-case letters, digits and underscores, starting with a letter; got "shop\\u{202e}"',
    ],
    [
      "a control character in a text",
      set("sites.dr.description", "a\u001b[31m"),
      'sites.dr.description: must be one line of text; got "a\\u001b[31m"',
    ],
  ];
  for (const [title, change, ...lines] of cases)
    it(`refuses ${title}`, () => assert.deepEqual(refusals(change), lines));

  for (const database of [
    "shop; drop database shop",
    "$(reboot)",
    "`id`",
    "a b",
    "a'b",
    'a"b',
    "../x",
    "Shop",
    "ключ",
    "-rf",
    "1shop",
    "a\nb",
    "",
    "x".repeat(64),
  ]) {
    it(`refuses a database called ${JSON.stringify(database).slice(0, 30)}`, () => {
      const lines = refusals((plan) => (orders(plan).database = database));
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? "", /^data\.orders\.database: must be /);
    });
  }

  for (const name of ["../etc", "a b", "a;b", "$(id)", "a\nb", "-a", "a--b", "a-", "A", "1"]) {
    it(`refuses a data entry called ${JSON.stringify(name)}`, () =>
      assert.deepEqual(
        refusals((plan) => (plan.data = { [name]: orders(plan) })),
        [`data.${name}: a name ${NAME}; got ${JSON.stringify(name)}`],
      ));
  }

  it("refuses more than 200 entries", () => {
    const services = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`s${i}`, {}]));
    assert.deepEqual(
      refusals((plan) => (plan.services = services)),
      ["services: must have 200 entries or fewer; got a map"],
    );
  });

  it("gives fifty refusals at most", () => {
    const plan = text(
      (p) => (p.services = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`s${i}`, { port: 0 }]))),
    );
    assert.equal(checkPlan(plan).refusals.length, 50);
  });

  it("throws all refusals at once, one per line, with file and line", () => {
    const plan = text((p) => ((p.dns.ttl = 5), (p.name = "Shop")));
    assert.throws(
      () => parsePlan(plan, "shop.yaml"),
      (error) => {
        assert.ok(error instanceof PlanError);
        assert.equal(error.refusals.length, 2);
        assert.equal(
          error.message,
          [`shop.yaml:1: name: ${NAME}; got "Shop"`, `shop.yaml:23: dns.ttl: ${DURATION}; got 5`].join("\n"),
        );
        return true;
      },
    );
  });
});
