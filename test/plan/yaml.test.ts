import assert from "node:assert/strict";
import { checkPlan, formatRefusal } from "../../plan";
import { text } from "./example";

const said = (plan: string) => checkPlan(plan).refusals.map(formatRefusal);

/** Ten levels of ten aliases: 10^10 values from 400 bytes. */
const bomb = [
  "a0: &a0 [x]",
  ...Array.from({ length: 10 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]`),
];

describe("plan/yaml", () => {
  const empty = "the plan is empty; plans/cotai.yaml is one to start from";
  const deep = "nested too deeply to be a plan";
  const cases: readonly [title: string, plan: string, ...refusals: string[]][] = [
    ["an empty file", "", empty],
    ["a file with comments only", "# nothing\n", empty],
    ["plain text", "hello", "a plan must be a map of keys such as name, sites and data; got plain text"],
    ["a list", "- a\n", "a plan must be a map of keys such as name, sites and data; got a list"],
    [
      "a file of 10 MB",
      "x".repeat(10_000_000),
      "a plan must be 1 MiB or smaller; got 10000000 bytes. Is this the right file?",
    ],
    [
      "a file of 1 MiB and one byte, counted in bytes",
      `#${"é".repeat(512 * 1024)}`,
      "a plan must be 1 MiB or smaller; got 1048577 bytes. Is this the right file?",
    ],
    ["a key said twice", `${text()}name: other\n`, "name: line 23 says this key a second time; keep one"],
    ["a nested key said twice", "dns: { ttl: 5s, ttl: 6s }", "dns.ttl: line 1 says this key a second time; keep one"],
    ["an alias bomb", bomb.join("\n"), "aliases (*name) expand to more than a plan can hold; write the values out"],
    [
      "a key that is an object's prototype",
      "name: shop\n__proto__: { a: 1 }\n",
      "line 2 says __proto__, which no plan needs and no name may be",
    ],
    ["100 000 open brackets", "[".repeat(100_000), deep],
    ["100 000 dashes", "- ".repeat(100_000), deep],
  ];
  for (const [title, plan, ...expected] of cases) it(`refuses ${title}`, () => assert.deepEqual(said(plan), expected));

  for (const [title, plan] of [
    ["an open bracket", "name: ["],
    ["a tab for indentation", "dns:\n\tttl: 5s"],
    ["two documents", "name: a\n---\nname: b\n"],
    ["a program", "#!/bin/sh\nrm -rf / {\n"],
    ["bytes that are no text", "\u0000\u0001\u0002: \u0000"],
    ["a key that is a map", "? {a: 1}\n: b"],
    ["an unknown tag", "name: !!js/function 'function () {}'"],
  ] as const) {
    it(`refuses ${title}`, () => assert.ok(said(plan).length > 0));
  }

  it("says the line of what is not YAML", () =>
    assert.deepEqual(
      checkPlan("name: a\ndns: [\n").refusals.map(({ path, line }) => ({ path, line })),
      [{ path: "", line: 3 }],
    ));

  it("says the line of a refusal", () => {
    const [first] = checkPlan(text((plan) => (plan.dns.ttl = 5))).refusals;
    assert.deepEqual(first, {
      path: "dns.ttl",
      message: "must be a duration with a unit (s, m, h, d or w), such as 15m, 4h or 30d; got 5",
      line: 23,
    });
  });

  it("gives up on a file of 60 000 keys at once", () => {
    const keys = Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join("\n");
    assert.equal(said(keys).length, 50);
  });

  it("survives the deepest text that is parsed at all", () => {
    const block = Array.from({ length: 100 }, (_, i) => `${" ".repeat(i)}a:`).join("\n");
    const deepest = `${block}\n${" ".repeat(100)}${"- ".repeat(200)}${"[".repeat(100)}${"]".repeat(100)}`;
    assert.equal(said(deepest).includes(deep), false);
    assert.deepEqual(said(`${" ".repeat(101)}a: 1`), [deep]);
    assert.deepEqual(said("- ".repeat(201)), [deep]);
    assert.deepEqual(said(`a: ${"[".repeat(101)}`), [deep]);
  });

  it("takes a comment that is a long line", () => assert.deepEqual(said(`# ${"-".repeat(500)}\n${text()}`), []));

  it("says the line of a key that is a number", () => {
    const [last] = checkPlan(`${text()}1: x\n`).refusals;
    assert.deepEqual([last?.path, last?.line], ["1", 23]);
  });

  it("takes aliases in moderation", () => {
    const plan = text()
      .replace("platform: local", "&here\n    platform: local")
      .replace(/dr:\n {4}platform: local/, "dr: *here");
    assert.deepEqual(said(plan), []);
  });
});
