import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { canonical, open, seal } from "../../evidence/record";
import { temporary } from "../helpers/temporary";
import { following } from "./written";

describe("evidence/record", function () {
  this.timeout(120_000); // a busy machine
  const at = temporary();

  it("writes JSON as the example of RFC 8785, 3.2.4 does", () => {
    const example = String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
      "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`;
    assert.equal(
      canonical(JSON.parse(example)),
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it("orders keys by UTF-16 as RFC 8785, 3.2.3 does", () => {
    const example = String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
      "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`;
    assert.deepEqual(
      [...canonical(JSON.parse(example)).matchAll(/:"([A-Z]\w+)/g)].map(([, word]) => word),
      [...["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]],
    );
  });

  it("writes any JSON in one form, whatever the order of keys, and loses nothing", () =>
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = canonical(value);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
        assert.equal(canonical(JSON.parse(text)), text);
        assert.equal(canonical(reversed(value)), text);
      }),
    ));

  it("leaves out what is undefined, and refuses what JSON has no word for", () => {
    assert.equal(canonical({ b: undefined, a: 1 }), '{"a":1}');
    assert.throws(() => canonical({ a: NaN }), { message: "JSON has no number NaN" });
  });

  it("is one line, and any half of a surrogate pair is replaced", () => {
    const { line } = following([], { asked: { note: "two\nlines \ud83d" } });
    assert.equal(line.indexOf("\n"), line.length - 1);
    assert.ok(line.includes("two\\nlines \ufffd"));
  });

  it("is named by the hash that sha256sum prints for its file, and read back as it was", () => {
    const sealed = following([following([])]);
    writeFileSync(at("record.json"), sealed.line);
    assert.equal(execFileSync("sha256sum", [at("record.json")], { encoding: "utf8" }).split(" ")[0], sealed.hash);
    assert.deepEqual(open(Buffer.from(sealed.line)), sealed);
    assert.deepEqual(seal(sealed.record), sealed);
  });
});

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
