import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { killSite } from "../../cli/drill/lose-site";
import { key } from "../../engines/keys";
import { keptPort } from "../../engines/ports";
import * as cluster from "../../engines/postgres/cluster";
import { connected } from "../../engines/postgres/sql";
import { folderFailures } from "../../provider/postgres/preflight";
import * as pulumi from "../../provider/pulumi";
import { postgresServer } from "../../provider/resources/postgres-server";
import { temporary } from "../helpers/temporary";
import { filesBelow, makeWorkspace, until, type Workspace } from "../helpers/workspace";
import { orders, text, type Written } from "../plan/example";
import { run, type Values } from "../stacks/program";

/** What a shell would make a file of, wherever it ran. */
const CANARY = "canary-of-fault-24";
const full = "0 2 * * *";
const region = { platform: "aws", region: "eu-west-1" };
const touch = `touch ${CANARY}`;

/** What is wrong, and the field, the reason and the way out that must be named. */
type Row = readonly [title: string, change: (plan: Written) => unknown, said: string];

/** What the plan's form forbids. */
const FORMS: readonly Row[] = [
  [
    "cron in words",
    (p) => (orders(p).backup = { full: "every day" }),
    'data.orders.backup.full: must be a cron expression of five fields (minute hour day month weekday), such as "0 2 * * *"; got "every day"',
  ],
  [
    "a negative count",
    (p) => (orders(p).retention = { daily: -1 }),
    "data.orders.retention.daily: must be a whole number from 0 to 3660; got -1",
  ],
  [
    "a negative duration",
    (p) => (p.dns.ttl = "-5s"),
    'dns.ttl: must be a duration with a unit (s, m, h, d or w), such as 15m, 4h or 30d; got "-5s"',
  ],
  ["a name of 300 characters", (p) => (p.name = "x".repeat(300)), "name: must be 63 characters or fewer; got "],
  [
    "a name in other letters",
    (p) => (p.services["магазин"] = {}),
    'services.магазин: a name must be lower-case letters, digits and single hyphens, starting with a letter; got "магазин"',
  ],
  [
    "a path that climbs",
    (p) => (p.data.up = { engine: "files", paths: ["../../etc"], backup: { full } }),
    'data.up.paths[0]: must be a path or volume name of letters, digits and ._@/- without ..; got "../../etc"',
  ],
  [
    "a site's folder that climbs",
    (p) => (p.sites.dr = { platform: "local", folder: "../x" }),
    'sites.dr.folder: must be a path or volume name of letters, digits and ._@/- without ..; got "../x"',
  ],
  [
    "a path that a tool would take for an option",
    (p) => (p.data.option = { engine: "files", paths: [`--password-command=${touch}`], backup: { full } }),
    "data.option.paths[0]: must be a path or volume name",
  ],
  ...[`shop; ${touch}`, `$(${touch})`, `\`${touch}\``, `x'; ${touch} #`, "shop\u202e"].map((database, i): Row => [
    `a database called ${JSON.stringify(database)}`,
    (p) => (p.data[`shell-${i}`] = { engine: "postgresql", database, backup: { full } }),
    `data.shell-${i}.database: must be lower-case letters, digits and underscores, starting with a letter; got `,
  ]),
  [
    "a host for a shell",
    (p) => (p.sites.prod = { platform: "docker", host: `ssh://a;${touch}` }),
    `sites.prod.host: must be letters, digits and ._:@/+- only; got "ssh://a;${touch}"`,
  ],
  [
    "a name of a record for a shell",
    (p) => (p.dns.name = `app.shop.test; ${touch}`),
    `dns.name: must be a host name such as app.example.com; got "app.shop.test; ${touch}"`,
  ],
];

/** What is well formed and cannot stand together. */
const SENSE: readonly Row[] = [
  [
    "one region twice",
    (p) => (p.sites = { prod: { ...region }, dr: { ...region } }),
    "sites.dr: dr and prod are the same place (aws region eu-west-1): what loses one loses both; give dr another one",
  ],
  [
    "a retention of 0",
    (p) => (orders(p).retention = { daily: 0, weekly: 0, monthly: 0 }),
    "data.orders.retention: keeps no backup at all (every count is 0); keep at least one, such as daily: 7",
  ],
  [
    "an RPO shorter than the archive's timeout",
    (p) => (
      (p.objectives.database = { rpo: "30s" }),
      (p.data.ledger = { engine: "postgresql", database: "ledger", backup: { full, archive: "continuous" } })
    ),
    "data.ledger.backup: an archive timeout of 1m cannot meet rpo 30s; lower backup.archiveTimeout to 30s or less, or add a replica",
  ],
  [
    "a timeout of the archive that never comes",
    (p) =>
      (p.data.never = {
        ...{ engine: "postgresql", database: "never" },
        backup: { full, archive: "continuous", archiveTimeout: "0s" },
      }),
    "data.never.backup.archiveTimeout: 0s is never to PostgreSQL: the newest writes would wait until a segment is full; say how long, such as 60s",
  ],
  [
    "a TTL longer than the RTO",
    (p) => ((p.objectives.full = { rto: "1m", rpo: "24h" }), (p.dns.ttl = "5m")),
    "dns.ttl: answers that are kept 5m cannot meet rto 1m (objectives.full); lower dns.ttl, such as to 30s",
  ],
];

/** The same for the words of a stack. */
const WORDS: readonly (readonly [title: string, stack: string, values: Values, said: string])[] = [
  [
    "a lost site for a shell",
    "dr",
    { activation: "active", siteIsLost: `prod;${touch}` },
    `dr:siteIsLost must be prod; got prod;${touch}`,
  ],
  [
    "a live site of 300 characters",
    "dns",
    { liveSite: "x".repeat(300) },
    `dr:liveSite must be prod or dr; got ${"x".repeat(300)}`,
  ],
  [
    "a token for a shell, though no server is there to compare it with",
    "dr",
    { activation: "active", demotionTokens: JSON.stringify({ postgres: `$(${touch})` }) },
    `dr:demotionTokens.postgres must read <system identifier>:<timeline>:<LSN>; got $(${touch})`,
  ],
  [
    "a moment that is none",
    "dr",
    { activation: "active", siteIsLost: "prod", recoverFrom: `'; ${touch} #` },
    "dr:recoverFrom must be latest, a moment such as 2026-11-21T17:30:00Z, or the id of a backup (npx pulumi-dr backups)",
  ],
];

describe("fault 24: a bad configuration", function () {
  this.timeout(600_000);
  const at = temporary();
  const canaries = (folder: string) => filesBelow(folder).filter((file) => path.basename(file).startsWith(CANARY));

  for (const [title, change, said] of [...FORMS, ...SENSE])
    it(`refuses ${title}, by its field, with the reason and the way out`, async () => {
      const plan = at("plan.yaml");
      writeFileSync(
        plan,
        text((p) => void change(p)),
      );
      await assert.rejects(run("prod", { plan, activation: "active" }), (error: Error) => {
        assert.ok(error instanceof pulumi.RunError, "a person's mistake, not a crash");
        const { message } = error;
        const line = message.split("\n").find((one) => one.includes(said));
        assert.ok(line !== undefined && line.length < 400, message);
        return true;
      });
    });

  for (const [title, stack, values, said] of WORDS)
    it(`refuses ${title}`, () =>
      assert.rejects(run(stack, values), ({ message }: Error) => {
        assert.ok(message.includes(said), message);
        return true;
      }));

  describe("in a real preview", () => {
    let workspace: Workspace;
    const everything = () =>
      Object.fromEntries(
        [workspace.folder, path.join(workspace.folder, ".dr/state")]
          .flatMap((folder) => filesBelow(folder))
          .filter((file) => path.basename(file) !== "plan.yaml")
          .map((file) => [file, createHash("sha256").update(readFileSync(file)).digest("hex")]),
      );
    before(() => (workspace = makeWorkspace()));
    after(() => workspace?.remove());

    for (const [what, rows] of Object.entries({ forms: FORMS, sense: SENSE }))
      it(`every one of them is said at once, and nothing is changed: ${what}`, () => {
        writeFileSync(
          path.join(workspace.folder, "plan.yaml"),
          text((plan) => rows.forEach(([, change]) => change(plan))),
        );
        const before = everything();
        const refused = workspace.pulumi("preview", "--stack", "prod");
        assert.notEqual(refused.code, 0);
        for (const [title, , said] of rows) assert.ok(refused.output.includes(said), `${title}\n${refused.output}`);
        assert.doesNotMatch(refused.output, /\n\s+at .*\(/, "no stack trace");
        assert.deepEqual(everything(), before);
        assert.equal(existsSync(workspace.location), false, "no site was begun");
        assert.deepEqual(canaries(workspace.folder), []);
      });
  });

  for (const name of [`$(${touch})`, `\`${touch}\``, `"; ${touch} "`, `\\`, `a\n${touch}`])
    it(`refuses in preview a folder that a shell would read: ${JSON.stringify(name)}`, () => {
      const [failure] = folderFailures(at("sites", name, "prod"), at("run"));
      assert.equal(failure?.property, "folder");
      assert.match(failure.reason, /^must not hold ", \$, `, \\ or a line break, .*Set dr:root to another folder$/s);
    });

  it("reaches no shell where a name may hold anything: a folder's, a database's", async () => {
    const hostile = `it's "$(${touch})" \`${touch}\`; ${touch} #%p`;
    const folder = at("sites", `a; ${touch}; b'; ${touch}; 'c #%p`);
    for (const name of ["postgres", "app", "replicator", "repository"]) key(at("keys"), name);
    const port = await keptPort(at("ports.json"), "postgres");
    const authority = { name: "app.shop.test", address: "127.0.0.1", portRegistry: at("ports.json"), portName: "dns" };
    try {
      await postgresServer.create(
        {
          ...{ folder, site: "prod", name: "shop-orders", address: "127.0.0.1", port, portName: "postgres", authority },
          ...{ portRegistry: at("ports.json"), socketFolder: at("run"), keysFolder: at("keys"), database: hostile },
          ...{ activation: "active", repositories: [at("bucket")], keepFulls: 1, archiveTimeoutSeconds: 1 },
          slotCapMiB: 64,
        },
        () => {},
      );
      const endpoint = { address: "127.0.0.1", port, keysFolder: at("keys") };
      await connected({ ...endpoint, database: hostile }, async (client) => {
        await client.query("select pg_switch_wal()");
        // It cannot succeed, for there is no stanza; it was run, and that is what counts.
        const ran = "select failed_count + archived_count > 0 as ran from pg_stat_archiver";
        await until("the archive command to run", async () => (await client.query<{ ran: boolean }>(ran)).rows[0]!.ran);
      });
      assert.match(readFileSync(path.join(folder, "data/dr.conf"), "utf8"), /touch/, "the name is really in a command");
      assert.deepEqual(canaries(at()), []);
    } finally {
      await cluster.stop(folder).catch(() => {});
      killSite(at());
    }
  });
});
