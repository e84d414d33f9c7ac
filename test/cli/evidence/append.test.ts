import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as fc from "fast-check";
import { append } from "../../../cli/evidence/append";
import { putRecords, readCopy, type Place } from "../../../evidence/copies";
import { judge } from "../../../cli/evidence/judge";
import { FORMAT, type Begun } from "../../../evidence/record";
import { temporary } from "../../helpers/temporary";
import { PLAN } from "../../evidence/written";

describe("cli/evidence/append", function () {
  this.timeout(120_000); // a busy machine
  const at = temporary();
  const bucket = (site: string): Place => ({ name: site, bucket: at(site), folder: at(site, "evidence") });
  const here = (operator = "here"): Place => ({ name: operator, folder: at(operator, "evidence") });
  const all = () => [bucket("prod"), bucket("dr"), here()];
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
    for (const site of ["prod", "dr"]) mkdirSync(at(site));
  });
  let count = 0;
  const write = (places: readonly Place[] = all()) =>
    append<Begun>(
      places,
      PLAN,
      (link) => ({
        ...{ format: FORMAT, ...link, phase: "begun", plan: PLAN, command: "failover", at: new Date().toISOString() },
        ...{ who: { user: "ann", host: "desk" }, asked: { count: ++count }, confirmed: { word: "dr", shown: "" } },
      }),
      (text) => said.push(text),
    );
  const files = (place: Place) => readdirSync(place.folder).sort();
  const judged = (places: readonly Place[] = all()) => judge(places.map(readCopy), PLAN);

  it("writes the same whole line, read-only, into every copy", () => {
    const { sealed, at: written } = write();
    assert.deepEqual(written, ["prod", "dr", "here"]);
    for (const place of all()) {
      const [file, ...others] = files(place);
      assert.deepEqual([file, others], [`00000001-${sealed.hash}.json`, []]);
      assert.equal(readFileSync(path.join(place.folder, file!), "utf8"), sealed.line);
      assert.equal(statSync(path.join(place.folder, file!)).mode & 0o777, 0o400);
    }
    assert.deepEqual(said, []);
  });

  it("chains each record to the one before", () => {
    const [one, two, three] = [write(), write(), write()].map(({ sealed }) => sealed);
    assert.deepEqual(one!.record.previous, []);
    assert.deepEqual(two!.record.previous, [one!.hash]);
    assert.deepEqual([three!.record.previous, three!.record.sequence], [[two!.hash], 3]);
    assert.deepEqual(judged().findings, []);
  });

  it("goes on with one copy while a site is lost, and makes no bucket for it", () => {
    write();
    rmSync(at("prod"), { recursive: true });
    assert.deepEqual(write().at, ["dr", "here"]);
    assert.deepEqual(judged().findings, []);
    assert.deepEqual(said, []);
  });

  it("brings a site that returned up to date, says so, and puts that on record", () => {
    write();
    rmSync(at("prod"), { recursive: true });
    write();
    mkdirSync(at("prod"));
    const { sealed } = write();
    assert.deepEqual(sealed.record.caughtUp, { prod: 2 });
    assert.deepEqual(said, ["2 records that prod lacked copied to it"]);
    assert.deepEqual(files(bucket("prod")), files(bucket("dr")));
    assert.deepEqual(judged().findings, []);
  });

  it("keeps what the sites of a rehearsal lose together", () => {
    const { sealed } = write();
    for (const site of ["prod", "dr"]) rmSync(at(site), { recursive: true });
    assert.deepEqual(write().sealed.record.previous, [sealed.hash]);
    for (const site of ["prod", "dr"]) mkdirSync(at(site));
    write();
    assert.equal(files(bucket("dr")).length, 3);
  });

  it("stops for no copy that cannot be written, says so, and delivers with the next", () => {
    write();
    rmSync(at("prod"), { recursive: true });
    writeFileSync(at("prod"), "no folder");
    assert.deepEqual(write().at, ["dr", "here"]);
    assert.match(
      said.join("\n"),
      /^NOT WRITTEN at prod: E\w+: .*\. The recovery goes on; the next command delivers it$/,
    );
    rmSync(at("prod"));
    mkdirSync(at("prod"));
    write();
    assert.deepEqual(files(bucket("prod")), files(bucket("dr")));
  });

  it("stops for no copy that cannot be read", () => {
    writeFileSync(at("prod", "evidence"), "no folder");
    assert.deepEqual(write().at, ["dr", "here"]);
    assert.match(said.join("\n"), /^NOT WRITTEN at prod: ENOTDIR/);
    assert.deepEqual(
      judged().findings.map(({ kind }) => kind),
      ["unreadable"],
    );
  });

  it("prints the record where no copy takes it", () => {
    const { sealed, at: written } = write([{ name: "prod", bucket: at("gone"), folder: at("gone", "evidence") }]);
    assert.deepEqual(written, []);
    assert.deepEqual(said, [`WRITTEN NOWHERE. Keep this line in the incident's log:\n${sealed.line.trimEnd()}`]);
  });

  it("puts nothing back that was taken from the middle, and rewrites nothing that was altered", () => {
    const [one, two] = [write(), write(), write()].map(({ sealed }) => sealed);
    rmSync(path.join(bucket("prod").folder, `00000001-${one!.hash}.json`));
    const altered = path.join(bucket("prod").folder, `00000002-${two!.hash}.json`);
    chmodSync(altered, 0o600);
    writeFileSync(altered, two!.line.replace("failover", "failback"));
    write();
    assert.deepEqual(
      judged()
        .findings.map(({ kind }) => kind)
        .sort(),
      ["altered", "missing"],
    );
    assert.equal(readFileSync(altered, "utf8"), two!.line.replace("failover", "failback"));
  });

  it("writes no file a second time, whatever it holds: a command may have come in between", () => {
    const { sealed } = write();
    const file = path.join(bucket("prod").folder, `00000001-${sealed.hash}.json`);
    const { ino } = statSync(file);
    putRecords(bucket("prod"), [sealed]);
    assert.equal(statSync(file).ino, ino);
  });

  it("joins what two sides of a partition wrote, keeps both, and says so", () => {
    write();
    const far = here("far");
    const [a, b] = [write([bucket("prod"), here()]), write([bucket("dr"), far])].map(({ sealed }) => sealed);
    const open = judged().findings.filter(({ kind }) => kind === "forked");
    assert.match(
      open[0]!.text,
      /^forked after record 1 .* into record 2 .* and record 2 .*, and nothing has joined them$/,
    );

    const { sealed } = write([...all(), far]);
    assert.deepEqual(sealed.record.previous, [a!.hash, b!.hash].sort());
    assert.match(said[0]!, /^its copies went different ways \(\w{12}, \w{12}\); this command's records join them/);
    const { findings, notes } = judged();
    assert.deepEqual(findings, []);
    assert.match(notes.join(), /^forked after record 1 .*; record 3 .* joined them$/);
  });

  it("keeps every record of two operators who saw different sites, and proves all once they see all again", () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("ann", "bob"), fc.subarray(["prod", "dr"])), { maxLength: 12 }),
        (commands) => {
          for (const folder of ["prod", "dr", "ann", "bob"]) rmSync(at(folder), { recursive: true, force: true });
          for (const site of ["prod", "dr"]) mkdirSync(at(site));
          write([bucket("prod"), bucket("dr"), here("ann")]);
          write([bucket("prod"), bucket("dr"), here("bob")]);
          for (const [operator, sites] of commands) write([...sites.map(bucket), here(operator)]);
          const every = [bucket("prod"), bucket("dr"), here("ann"), here("bob")];
          write(every);

          const { findings, log } = judged(every);
          assert.deepEqual(findings, []);
          assert.equal(log.records.length, commands.length + 3);
          assert.equal(log.heads.length, 1);
          for (const place of every) assert.equal(files(place).length, commands.length + 3);
        },
      ),
      { numRuns: 20 },
    ));
});
