import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { version } from "../../package.json";
import { text } from "../plan/example";
import { temporary } from "../helpers/temporary";

const project = path.join(__dirname, "../..");

/** The real command, in a folder. */
function dr(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(project, "bin/pulumi-dr"), ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

describe("pulumi-dr", function () {
  this.timeout(60_000); // the first start bundles it
  const at = temporary();
  const refused = () =>
    writeFileSync(
      at("plan.yaml"),
      text((plan) => (plan.services = { web: { port: 0 } })),
    );

  describe("plan check", () => {
    it("exits 0 for a plan that is accepted, and says its sites in order", () => {
      writeFileSync(at("plan.yaml"), text());
      assert.deepEqual(dr(at(), "plan", "check", "plan.yaml"), {
        code: 0,
        stdout: "plan.yaml: ok, prod then dr\n",
        stderr: "",
      });
    });

    it("exits 1 for a plan that is refused, with the place and the reason on standard error", () => {
      refused();
      const { code, stdout, stderr } = dr(at(), "plan", "check", "plan.yaml");
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^plan\.yaml:\d+: services\.web\.port: .*; got 0\n$/);
    });

    it("exits 2 for a file that is not there", () => {
      const { code, stdout, stderr } = dr(at(), "plan", "check", "none.yaml");
      assert.deepEqual([code, stdout], [2, ""]);
      assert.equal(
        stderr,
        "pulumi-dr: none.yaml cannot be read: ENOENT: no such file or directory, open 'none.yaml'\n",
      );
    });

    it("--json prints one object and nothing else, for an accepted plan", () => {
      writeFileSync(at("plan.yaml"), text());
      const { code, stdout, stderr } = dr(at(), "plan", "check", "--json", "plan.yaml");
      assert.deepEqual([code, stderr], [0, ""]);
      assert.equal(
        stdout,
        `${JSON.stringify({ file: "plan.yaml", ok: true, plan: "shop", refusals: [], warnings: [] })}\n`,
      );
    });

    it("--json prints one object and nothing else, for a refused plan", () => {
      refused();
      const { code, stdout, stderr } = dr(at(), "plan", "check", "--json", "plan.yaml");
      assert.deepEqual([code, stderr], [1, ""]);
      const { refusals, ...rest } = JSON.parse(stdout) as { refusals: Record<string, unknown>[] };
      assert.deepEqual(rest, { file: "plan.yaml", ok: false, warnings: [] });
      assert.deepEqual(
        refusals.map((refusal) => Object.keys(refusal).sort()),
        [["line", "message", "path"]],
      );
      assert.equal(refusals[0]?.path, "services.web.port");
    });
  });

  for (const args of [
    ["--help"],
    ["plan", "--help"],
    ["plan", "check", "--help"],
    ["status", "--help"],
    ["drill", "region-loss", "--help"],
    ["backup", "--help"],
    ["backups", "--help"],
    ["verify", "--help"],
    ["restore", "--help"],
    ["rotate-keys", "--help"],
  ]) {
    it(`${args.join(" ")} exits 0 and says the usage on standard output`, () => {
      const { code, stdout, stderr } = dr(at(), ...args);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.equal(
        stdout.split("\n")[0]?.startsWith(`Usage: pulumi-dr ${args.slice(0, -1).join(" ")}`.trim()),
        true,
        stdout,
      );
    });
  }

  it("--version says the package's version", () =>
    assert.deepEqual(dr(at(), "--version"), { code: 0, stdout: `${version}\n`, stderr: "" }));

  const wrong: readonly [string[], string][] = [
    [["--wrong"], "error: unknown option '--wrong'"],
    [["status", "--wrong"], "error: unknown option '--wrong'"],
    [["wrong"], "error: unknown command 'wrong'"],
    [["plan", "check"], "error: missing required argument 'file'"],
    [
      ["backup", "--type", "half"],
      "error: option '--type <type>' argument 'half' is invalid. Allowed choices are full, incr, diff.",
    ],
    [["restore"], "error: missing required argument 'backup'"],
    [["drill", "region-loss", "--data"], "error: option '--data <MiB>' argument missing"],
  ];
  for (const [args, message] of wrong) {
    it(`${args.join(" ")} exits 2: the call is wrong, not the state`, () => {
      const { code, stdout, stderr } = dr(at(), ...args);
      assert.deepEqual([code, stdout, stderr.split("\n")[0]], [2, "", message]);
    });
  }

  for (const [data, said] of [
    ["-1", "-1"],
    ["many", "many"],
    ["100001", "100001"],
  ] as const) {
    it(`drill region-loss --data ${data} exits 2 before it looks at anything`, () =>
      assert.deepEqual(dr(at(), "drill", "region-loss", `--data=${data}`), {
        ...{ code: 2, stdout: "", stderr: `pulumi-dr: --data must be a number from 0 to 100000; got ${said}\n` },
      }));
  }

  for (const [args, message] of [
    [["restore", "latest"], "say where to: --to <target>, or --in-place for the source itself; one of the two"],
    [
      ["restore", "latest", "--to", "/x", "--in-place"],
      "say where to: --to <target>, or --in-place for the source itself; one of the two",
    ],
    [["backups", "--limit", "0"], "--limit must be a whole number from 1 to 100000; got 0"],
    [
      ["backups", "--agent", "ftp://x"],
      "--agent must be an address such as https://agent.example.com, without a user or a password",
    ],
    [
      ["backups", "--agent", "http://me:canary@x"],
      "--agent must be an address such as https://agent.example.com, without a user or a password",
    ],
    [["backups", "--agent", "http://x", "--direct"], "--agent names the agent: leave --site and --direct out"],
  ] as const)
    it(`${args.join(" ")} exits 2 before it looks at anything`, () =>
      assert.deepEqual(dr(at(), ...args), { code: 2, stdout: "", stderr: `pulumi-dr: ${message}\n` }));

  it("status exits 2 where there is no project", () =>
    assert.deepEqual(dr(at(), "status"), {
      ...{ code: 2, stdout: "" },
      stderr: `pulumi-dr: there is no Pulumi.yaml in ${at()}; run this in the project's folder\n`,
    }));

  it("a drill destroys nothing where nobody is there to confirm it", () => {
    const [yaml, plan] = [at("Pulumi.yaml"), at("plan.yaml")];
    writeFileSync(yaml, "name: dr\n");
    writeFileSync(plan, text());
    writeFileSync(at("Pulumi.dns.yaml"), "config:\n  dr:plan: plan.yaml\n  dr:platform: local\n");
    assert.deepEqual(dr(at(), "drill", "region-loss"), {
      ...{ code: 2, stdout: "" },
      stderr:
        "pulumi-dr: This kills every process of shop's site prod on this machine and deletes its folder. Nobody is there to confirm it; say --yes\n",
    });
  });

  it("a drill refuses a platform whose site it cannot destroy safely", () => {
    writeFileSync(at("Pulumi.yaml"), "name: dr\n");
    writeFileSync(at("plan.yaml"), text());
    writeFileSync(at("Pulumi.dns.yaml"), "config:\n  dr:plan: plan.yaml\n  dr:platform: docker\n");
    assert.deepEqual(dr(at(), "drill", "region-loss", "--yes"), {
      ...{ code: 2, stdout: "" },
      stderr:
        "pulumi-dr: the drill destroys the live site, and does so on local only; got platform docker. Set dr:platform local\n",
    });
  });
});
