import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Copy } from "../../../evidence/chain";
import { judge } from "../../../cli/evidence/judge";
import { fileOf, hashOf, type Sealed } from "../../../evidence/record";
import { chain, copyOf, following, PLAN } from "../../evidence/written";

const kinds = (copies: readonly Copy[], head?: string) => judge(copies, PLAN, head).findings.map(({ kind }) => kind);
const texts = (copies: readonly Copy[], head?: string) => judge(copies, PLAN, head).findings.map(({ text }) => text);
const call = ({ hash, record }: Sealed) => `record ${record.sequence} (${hash.slice(0, 12)})`;
const without = (all: readonly Sealed[], index: number) => all.filter((_, at) => at !== index);
const both = (records: readonly Sealed[]) => [copyOf("prod", records), copyOf("dr", records)];

/** A length and the index of one record of it. */
const oneOf = (min: number) =>
  fc.integer({ min, max: 8 }).chain((length) => fc.tuple(fc.constant(length), fc.nat({ max: length - 1 })));

describe("cli/evidence/judge", function () {
  this.timeout(120_000); // a busy machine
  it("finds nothing where two copies hold the same chain", () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), (length) => {
        const { findings, notes, log } = judge(both(chain(length)), PLAN);
        assert.deepEqual([findings, notes, log.records.length], [[], [], length]);
      }),
    ));

  it("finds one changed byte, wherever it is, and names the copy and the record", () =>
    fc.assert(
      fc.property(oneOf(1), fc.nat(), fc.integer({ min: 1, max: 255 }), ([length, index], at, mask) => {
        const all = chain(length);
        const bytes = Buffer.from(all[index]!.line);
        bytes[at % bytes.length]! ^= mask;
        const prod = copyOf("prod", all, { files: new Map(copyOf("prod", all).files).set(fileOf(all[index]!), bytes) });
        assert.deepEqual(texts([prod, copyOf("dr", all)]), [
          `prod: ${call(all[index]!)} is altered: its content has the hash ${hashOf(bytes).slice(0, 12)}`,
        ]);
      }),
    ));

  it("finds any one record that was taken from one copy, and says who has it", () =>
    fc.assert(
      fc.property(oneOf(2), ([length, index]) => {
        const all = chain(length);
        const gone = all[index]!;
        const said =
          index === length - 1
            ? `prod: ${call(gone)} is missing at the end; dr has what is missing`
            : `prod: ${call(gone)} is missing, though later ones are there; dr has it`;
        assert.deepEqual(texts([copyOf("prod", without(all, index)), copyOf("dr", all)]), [said]);
      }),
    ));

  it("finds a record that was taken from every copy, by the one that follows it", () => {
    const all = chain(4);
    assert.deepEqual(texts(both(without(all, 1))), [
      `${call(all[2]!)} follows one with the hash ${all[1]!.hash.slice(0, 12)}, which is in no copy`,
    ]);
  });

  it("finds the newest record taken from every copy only by a hash that was kept elsewhere", () => {
    const all = chain(3);
    const head = all[2]!.hash;
    assert.deepEqual(kinds(both(all.slice(0, 2))), []);
    assert.deepEqual(texts(both(all.slice(0, 2)), head), [
      `${head} is in no copy: the log was cut off before it, or rewritten`,
    ]);
    assert.deepEqual(judge(both(all), PLAN, head), {
      ...judge(both(all), PLAN),
      notes: [`${call(all[2]!)} is in the log, and the newest`],
    });
  });

  it("takes an older hash that was kept: what came later does not matter", () => {
    const all = chain(3);
    assert.deepEqual(judge(both(all), PLAN, all[0]!.hash.slice(0, 12)).notes, [`${call(all[0]!)} is in the log`]);
  });

  it("finds two records that were swapped", () => {
    const all = chain(3);
    const [a, b] = [all[0]!, all[1]!];
    const files = new Map(copyOf("prod", all).files);
    files.set(fileOf(a), Buffer.from(b.line)).set(fileOf(b), Buffer.from(a.line));
    assert.deepEqual(kinds([copyOf("prod", all, { files }), copyOf("dr", all)]), ["altered", "altered"]);
  });

  it("finds a chain that was rewritten at one copy, hashes and all", () =>
    fc.assert(
      fc.property(oneOf(1), ([length, from]) => {
        const all = chain(length);
        const rewritten = all.slice(0, from);
        for (let n = from; n < length; n++)
          rewritten.push(following(rewritten.slice(-1), { who: { user: "eve", host: "desk" } }));
        assert.ok(kinds([copyOf("prod", rewritten), copyOf("dr", all)]).includes("forked"));
      }),
    ));

  it("finds a chain that was rewritten everywhere by a hash that was kept elsewhere", () => {
    const forged = chain(3, { asked: {} });
    assert.deepEqual(kinds(both(forged)), []);
    assert.deepEqual(kinds(both(forged), chain(3)[1]!.hash), ["not-in-log"]);
  });

  it("names a fork until a record joins it, and mentions it ever after", () => {
    const [first] = chain(1) as [Sealed];
    const atProd = following([first], { command: "failback" });
    const atDr = following([first]);
    const [a, b] = [atProd, atDr].sort((x, y) => (x.record.at < y.record.at || x.hash < y.hash ? -1 : 1)) as [
      Sealed,
      Sealed,
    ];
    const open = `forked after ${call(first)} into ${call(a)} and ${call(b)}`;
    assert.deepEqual(texts(both([first, atProd, atDr])), [`${open}, and nothing has joined them`]);

    const join = following([atProd, atDr]);
    const { findings, notes } = judge(both([first, atProd, atDr, join]), PLAN);
    assert.deepEqual([findings, notes], [[], [`${open}; ${call(join)} joined them`]]);
  });

  it("never takes a second beginning for a legitimate fork, joined or not", () => {
    const [one, other] = [chain(1)[0]!, chain(1, { asked: {} })[0]!];
    assert.deepEqual(kinds(both([one, other])), ["forked"]);
    assert.deepEqual(kinds(both([one, other, following([one, other])])), ["forked"]);
  });

  it("finds a number that is not the next one", () => {
    const [first] = chain(1) as [Sealed];
    const odd = following([first], { sequence: 7 });
    assert.deepEqual(texts(both([first, odd])), [
      `${call(odd)} should have the number 2 by the records that it follows`,
    ]);
  });

  it("notes a clock that went back, and trusts the chain's order", () => {
    const [first] = chain(1) as [Sealed];
    const early = following([first], { at: "2025-12-31T23:59:00.000Z" });
    const { findings, notes } = judge(both([first, early]), PLAN);
    assert.deepEqual(findings, []);
    assert.deepEqual(notes, [
      `${call(early)} is dated 2025-12-31T23:59:00.000Z, before the one that it follows (${first.record.at}): a clock was wrong`,
    ]);
  });

  const foreign: readonly [string, (first: Sealed) => readonly [string, string], RegExp][] = [
    [
      "a record of another plan",
      (first) => named(following([first], { plan: "bank" }).line, 2),
      /^prod: record 2 \(.{12}\) belongs to another plan, bank$/,
    ],
    [
      "a record under another's number",
      (first) => named(following([first]).line, 3),
      /^prod: record 3 \(.{12}\) says that it is record 2$/,
    ],
    [
      "JSON in another form, its hash made to fit",
      (first) => named(`${JSON.stringify(JSON.parse(following([first]).line), null, 1)}\n`, 2),
      /^prod: record 2 \(.{12}\) cannot be read: its JSON is not in canonical form$/,
    ],
    [
      "JSON that is no record",
      () => named("{}\n", 2),
      /^prod: record 2 \(.{12}\) cannot be read: it is no record of the format pulumi-dr\/evidence\/1$/,
    ],
    ["null", () => named("null\n", 2), /^prod: record 2 \(.{12}\) cannot be read: /],
  ];
  const named = (line: string, sequence: number) =>
    [`${String(sequence).padStart(8, "0")}-${hashOf(line)}.json`, line] as const;
  for (const [what, make, said] of foreign)
    it(`finds ${what}, and builds nothing on it`, () => {
      const [first] = chain(1) as [Sealed];
      const [file, line] = make(first);
      const files = new Map(copyOf("prod", [first]).files).set(file, Buffer.from(line));
      const { findings, log } = judge([copyOf("prod", [first], { files }), copyOf("dr", [first])], PLAN);
      assert.equal(findings.length, 1);
      assert.match(findings[0]!.text, said);
      assert.deepEqual(log.heads, [first]);
    });

  it("notes a lost site's copy, and holds nothing against it", () => {
    const { findings, notes } = judge([copyOf("prod", [], { there: false }), copyOf("dr", chain(2))], PLAN);
    assert.deepEqual([findings, notes], [[], ["prod: there is no bucket now, so nothing of it was compared"]]);
  });

  it("never says ok of a copy that it could not read", () =>
    assert.deepEqual(texts([copyOf("prod", [], { problem: "EACCES: permission denied" }), copyOf("dr", chain(2))]), [
      "prod: EACCES: permission denied",
    ]));

  it("expects nothing of an operator's own copy, and believes what it has", () => {
    const all = chain(3);
    assert.deepEqual(kinds([...both(all), copyOf("here", [], { partial: true })]), []);
    assert.deepEqual(texts([...both(all.slice(0, 2)), copyOf("here", all, { partial: true })]), [
      `prod: ${call(all[2]!)} is missing at the end; here has what is missing`,
      `dr: ${call(all[2]!)} is missing at the end; here has what is missing`,
    ]);
  });
});
