import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { putRecords } from "../../../evidence/copies";
import { fileOf, type Sealed } from "../../../evidence/record";
import { text } from "../../plan/example";
import { temporary } from "../../helpers/temporary";
import { chain } from "../../evidence/written";

const project = path.join(__dirname, "../../..");

describe("pulumi-dr evidence", function () {
  this.timeout(120_000); // the first start bundles it
  const at = temporary();
  const folder = (site: string) => at("sites/shop", site, "bucket/evidence");
  const all = chain(3);
  const head = all[2]!.hash;
  const call = ({ hash, record }: Sealed) => `record ${record.sequence} (${hash.slice(0, 12)})`;
  const evidence = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(project, "bin/pulumi-dr"), "evidence", ...args],
      { cwd: at(), encoding: "utf8" },
    );
    return { code: status, stdout, stderr };
  };

  beforeEach(() => {
    writeFileSync(at("Pulumi.yaml"), "name: dr\n");
    writeFileSync(at("plan.yaml"), text());
    writeFileSync(at("Pulumi.dns.yaml"), "config:\n  dr:plan: plan.yaml\n  dr:platform: local\n  dr:root: sites\n");
  });
  const write = (prod: readonly Sealed[] = all, dr: readonly Sealed[] = all) => {
    for (const [site, records] of [
      ["prod", prod],
      ["dr", dr],
    ] as const) {
      mkdirSync(folder(site), { recursive: true });
      putRecords({ name: site, folder: folder(site) }, records);
    }
  };

  it("says that there is none, and that is no fault", () => {
    assert.deepEqual(evidence(), { code: 0, stdout: "shop: no record of evidence\n", stderr: "" });
    assert.equal(evidence("verify").code, 0);
  });

  it("lists what was done, and --json says all of it", () => {
    write();
    const { code, stdout, stderr } = evidence();
    assert.deepEqual([code, stdout.split("\n").length, stderr], [0, 5, ""]);
    assert.match(stdout, /^1 .* failover --lost prod {2}ann@desk {8}interrupted$/m);
    const { commands, ...said } = JSON.parse(evidence("--json").stdout) as { commands: { begun: unknown }[] };
    assert.deepEqual(said, { plan: "shop", proven: true, heads: [head] });
    assert.deepEqual(
      commands.map(({ begun }) => begun),
      all.map(({ record }) => record),
    );
  });

  it("verify proves two copies that agree, and the newest hash", () => {
    write();
    assert.deepEqual(evidence("verify", "--head", head), {
      ...{ code: 0, stderr: "" },
      stdout: `- ${call(all[2]!)} is in the log, and the newest\nshop: 3 records in prod, dr, .dr/evidence: every hash and link proven\nnewest: ${head}\n`,
    });
  });

  it("verify exits 1 and names what is missing; the list says that there are doubts", () => {
    write(all.slice(0, 2));
    const { code, stdout } = evidence("verify");
    assert.equal(code, 1);
    assert.equal(
      stdout,
      `! missing: prod: ${call(all[2]!)} is missing at the end; dr has what is missing\nshop: 3 records in prod, dr, .dr/evidence: NOT PROVEN\nnewest: ${head}\n`,
    );
    assert.equal(evidence().stderr, "this evidence is in doubt (1): npx pulumi-dr evidence verify says why\n");
  });

  it("verify --json says the same to a machine", () => {
    write();
    rmSync(path.join(folder("dr"), fileOf(all[0]!)));
    const { code, stdout } = evidence("verify", "--json");
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(stdout), {
      ...{ plan: "shop", ok: false, records: 3, heads: [head] },
      copies: [
        { name: "prod", there: true, records: 3 },
        { name: "dr", there: true, records: 2 },
        { name: ".dr/evidence", there: true, records: 0 },
      ],
      findings: [
        { kind: "missing", text: `dr: ${call(all[0]!)} is missing, though later ones are there; prod has it` },
      ],
      notes: [],
    });
  });

  it("verify --head finds a log that was cut off everywhere", () => {
    write(all.slice(0, 2), all.slice(0, 2));
    assert.equal(evidence("verify").code, 0);
    const { code, stdout } = evidence("verify", "--head", head);
    assert.equal(code, 1);
    assert.match(stdout, /^! not-in-log: \w{64} is in no copy: the log was cut off before it, or rewritten$/m);
  });

  it("verify exits 2 for a head that is no hash", () =>
    assert.deepEqual(evidence("verify", "--head", "latest"), {
      ...{ code: 2, stdout: "" },
      stderr: "pulumi-dr: --head must be a record's hash, 12 to 64 hexadecimal digits; got latest\n",
    }));
});
