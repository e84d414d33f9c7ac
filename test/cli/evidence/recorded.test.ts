import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { readCopy, placesOf } from "../../../evidence/copies";
import { judge } from "../../../cli/evidence/judge";
import { recorded, type What } from "../../../cli/evidence/recorded";
import { runsOf } from "../../../evidence/runs";
import { startProgress, type Progress } from "../../../cli/progress";
import { readProject, type Project } from "../../../cli/project";
import { commonsOf, placeOf } from "../../../components/local/place";
import { text } from "../../plan/example";
import { temporary } from "../../helpers/temporary";

describe("cli/evidence/recorded", function () {
  this.timeout(120_000); // a busy machine
  const at = temporary();
  let project: Project;
  let progress: Progress;
  let said: string;
  const bucket = (site: string) => placeOf({ location: at("sites"), plan: "shop", all: ["prod", "dr"] }, site).bucket;
  const judged = () => judge(placesOf(project).map(readCopy), "shop");
  const runs = () => runsOf(judged().log);
  const what: What<unknown> = {
    ...{ command: "restore", asked: { source: "orders", drop: undefined } },
    confirmed: { word: "orders", shown: "orders is overwritten" },
  };
  const run = <T>(work: () => Promise<T>, change: Partial<What<T>> = {}) =>
    recorded({ project, progress }, { ...(what as What<T>), ...change }, work);

  beforeEach(() => {
    said = "";
    writeFileSync(at("Pulumi.yaml"), "name: dr\n");
    writeFileSync(at("plan.yaml"), text());
    writeFileSync(at("Pulumi.dns.yaml"), "config:\n  dr:plan: plan.yaml\n  dr:platform: local\n  dr:root: sites\n");
    project = readProject(at());
    for (const site of ["prod", "dr"]) mkdirSync(bucket(site), { recursive: true });
    const output = { isTTY: false, write: (line: string) => ((said += line), true) };
    progress = startProgress(output as NodeJS.WriteStream);
  });

  it("says what is begun before the work begins, and how it ended after", async () => {
    const { value, head } = await run(async () => {
      assert.deepEqual(
        runs().map(({ result }) => result),
        ["interrupted"],
      );
      return progress.step("load it", () => Promise.resolve(7));
    });
    assert.equal(value, 7);
    const [only, ...others] = runs();
    assert.deepEqual(others, []);
    const { begun, ended } = only!;
    assert.deepEqual(begun!.record.asked, { source: "orders" });
    assert.deepEqual(begun!.record.confirmed, what.confirmed);
    assert.deepEqual(
      begun!.record.before!.databases.map(({ site, role }) => [site, role]),
      [
        ["prod", "unreachable"],
        ["dr", "unreachable"],
      ],
    );
    assert.deepEqual([ended!.record.result, ended!.record.steps], ["ok", progress.steps]);
    assert.equal(ended!.hash, head);
    assert.match(said, new RegExp(`\nevidence: record 2 at prod, dr, \\.dr/evidence, ${head}\n$`));
    assert.deepEqual(judged().findings, []);
  });

  it("puts a failure on record and throws it as it was", async () => {
    const error = new Error("the disk is full");
    await assert.rejects(
      run(() => Promise.reject(error)),
      (thrown) => thrown === error,
    );
    assert.deepEqual(
      runs().map(({ result, ended }) => [result, ended!.record.error]),
      [["failed", "the disk is full"]],
    );
  });

  it("keeps what the caller says of its outcome", async () => {
    await run(() => Promise.resolve(3), { outcome: (lost) => ({ result: "missed", measured: { lost } }) });
    const { result, measured } = runs()[0]!.ended!.record;
    assert.deepEqual([result, measured], ["missed", { lost: 3 }]);
  });

  it("cuts an error that is too long for a record, and stays readable", async () => {
    await assert.rejects(run(() => Promise.reject(new Error("é".repeat(100_000)))));
    const { error } = runs()[0]!.ended!.record;
    assert.ok(Buffer.byteLength(error!) < 4_100);
    assert.deepEqual(judged().findings, []);
  });

  it("hides the plan's secrets in all that it says, and leaves the links alone", async () => {
    const { keysFolder } = commonsOf({ location: at("sites"), plan: "shop" });
    const head = (await run(() => Promise.resolve())).head!;
    mkdirSync(keysFolder, { recursive: true });
    writeFileSync(`${keysFolder}/app.key`, "canary-canary\n");
    writeFileSync(`${keysFolder}/odd.key`, head.slice(0, 4)); // as unlucky as can be: also a piece of a hash
    await assert.rejects(
      run(() => Promise.reject(new Error("refused canary-canary")), { asked: { note: "canary-canary" } }),
    );
    const lines = judged().log.records.map(({ line }) => line);
    assert.deepEqual(
      lines.filter((line) => line.includes("canary")),
      [],
    );
    assert.ok(lines[3]!.includes('"error":"refused [hidden]"'));
    assert.deepEqual(judged().findings, []);
  });

  it("stops no recovery: where nothing can be written it warns and does the work", async () => {
    for (const site of ["prod", "dr"]) writeFileSync(`${bucket(site)}/evidence`, "no folder");
    writeFileSync(at(".dr"), "no folder");
    const { value, head } = await run(() => Promise.resolve("done"));
    assert.equal(value, "done");
    assert.match(head!, /^[0-9a-f]{64}$/);
    assert.equal(said.match(/evidence: NOT WRITTEN at (prod|dr|\.dr\/evidence): /g)!.length, 6);
    assert.equal(said.match(/evidence: WRITTEN NOWHERE\. Keep this line .*\n\{"asked"/g)!.length, 1);
    assert.match(said, /"phase":"ended"/);

    for (const site of ["prod", "dr"]) rmSync(`${bucket(site)}/evidence`);
    rmSync(at(".dr"));
    await run(() => Promise.resolve());
    assert.deepEqual(judged().findings, []);
  });

  it("delivers with the next command what no bucket took", async () => {
    for (const site of ["prod", "dr"]) rmSync(bucket(site), { recursive: true });
    await run(() => Promise.resolve());
    assert.match(said, /evidence: record 2 at \.dr\/evidence, /);
    for (const site of ["prod", "dr"]) mkdirSync(bucket(site));
    await run(() => Promise.resolve());
    for (const site of ["prod", "dr"]) assert.equal(readdirSync(`${bucket(site)}/evidence`).length, 4);
    assert.deepEqual(judged().findings, []);
  });

  it("tells two commands at once apart, and joins their records", async () => {
    let goOn = () => {};
    const slow = run(() => new Promise<void>((resolve) => (goOn = resolve)), { command: "failback" });
    while (runs().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await run(() => Promise.resolve());
    goOn();
    await slow;
    assert.deepEqual(
      runs().map(({ command, result }) => [command, result]),
      [
        ["failback", "ok"],
        ["restore", "ok"],
      ],
    );
    assert.deepEqual(judged().findings, []);
  });
});
