import assert from "node:assert/strict";
import { checkPlan, formatRefusal } from "../../../plan";
import { orders, refusals, text, warnings, type Cases, type Written } from "../example";

const rpo = (plan: Written, of: string, value: string) => (plan.objectives[of] = { rpo: value });
const replace = (plan: Written, entry: Record<string, unknown>) =>
  (plan.data = { docs: { backup: { full: "0 2 * * *" }, ...entry } });

describe("plan/checks: recovery point objectives", () => {
  /** AIgentable: a full backup daily at 02:00 and an incremental every 4 hours, for an RPO of 1 hour. */
  const aigentable =
    (backup: object = {}, entry: object = {}) =>
    (plan: Written) => {
      plan.objectives = { critical: { rto: "4h" }, nonCritical: { rto: "24h" }, database: { rto: "2h", rpo: "1h" } };
      plan.data = {
        postgres: {
          engine: "postgresql",
          database: "aigentable",
          backup: { full: "0 2 * * *", incremental: "0 */4 * * *", ...backup },
          ...entry,
        },
      };
    };
  /** Genie AI: a full backup every 6 hours, for an RPO of 1 hour. */
  const genie =
    (backup: object = {}, entry: object = {}) =>
    (plan: Written) => {
      plan.objectives = { full: { rto: "4h", rpo: "1h", maxDowntime: "8h" } };
      plan.data = {
        postgres: { engine: "postgresql", database: "genie", backup: { full: "0 */6 * * *", ...backup }, ...entry },
      };
    };

  const cases: Cases = [
    [
      "AIgentable as written",
      aigentable(),
      "data.postgres.backup: an incremental every 4h cannot meet rpo 1h; archive WAL (backup.archive: continuous) or add a replica",
    ],
    ...(
      [
        ["1h", {}, "replicateLag: at 1h behind, rpo 1h is used up when someone is told; lower it"],
        [
          "2h",
          {},
          "backup: a continuous copy that may lag 2h cannot meet rpo 1h; lower replicateLag to 1h or less, or allow more loss (objectives.full.rpo)",
        ],
        [
          "5m",
          { offsite: false },
          "replicate: continuous copies go to the other site, and offsite: false keeps backups here; leave one of them out",
        ],
      ] as const
    ).map(([replicateLag, backup, line]): Cases[number] => [
      `a continuous copy that may lag ${replicateLag}${"offsite" in backup ? " and goes nowhere" : ""}`,
      (plan) => {
        plan.objectives = { full: { rto: "4h", rpo: "1h" } };
        const entry = { engine: "files", paths: ["up"], replicate: "continuous", replicateLag };
        plan.data = { up: { ...entry, backup: { full: "0 2 * * *", ...backup } } };
      },
      `data.up.${line}`,
    ]),
    ["AIgentable with an archive", aigentable({ archive: "continuous" })],
    ["AIgentable with a replica", aigentable({}, { replica: "streaming" })],
    [
      "Genie as written",
      genie(),
      "data.postgres.backup: a full backup every 6h cannot meet rpo 1h; archive WAL (backup.archive: continuous) or add a replica",
    ],
    ["Genie with an archive", genie({ archive: "continuous" })],
    ["Genie with a replica", genie({}, { replica: "synchronous" })],
    [
      "an archive timeout over the rpo",
      aigentable({ archive: "continuous", archiveTimeout: "2h" }),
      "data.postgres.backup: an archive timeout of 2h cannot meet rpo 1h; lower backup.archiveTimeout to 1h or less, or add a replica",
    ],
    [
      "an archive timeout of 0, which is none",
      aigentable({ archive: "continuous", archiveTimeout: "0s" }),
      "data.postgres.backup.archiveTimeout: 0s is never to PostgreSQL: the newest writes would wait until a segment is full; say how long, such as 60s",
    ],
    ["an archive timeout of just the rpo", aigentable({ archive: "continuous", archiveTimeout: "1h" })],
    [
      "an archive that stays at the lost site",
      aigentable({ archive: "continuous", offsite: false }),
      "data.postgres.backup: backups stay at the site that is lost (offsite: false) and cannot meet rpo 1h; set offsite: true",
    ],
    [
      "a replica that may lag too far",
      genie({}, { replica: "streaming", replicaLag: "2h" }),
      "data.postgres.backup: a replica that may lag 2h cannot meet rpo 1h; lower replicaLag to 1h or less, or make the replica synchronous",
    ],
    [
      "rpo 0 with a streaming replica",
      (p) => (rpo(p, "database", "0s"), (orders(p).replica = "streaming")),
      "data.orders.backup: a replica that may lag 10s cannot meet rpo 0s; only a synchronous replica (replica: synchronous) loses nothing",
    ],
    ["rpo 0 with a synchronous replica", (p) => (rpo(p, "database", "0s"), (orders(p).replica = "synchronous"))],
    [
      "a day that is 25 hours long",
      (p) => (orders(p).backup = { full: "0 5 * * *", timeZone: "Europe/Berlin" }),
      "data.orders.backup: a full backup every 24h (25h when clocks change in Europe/Berlin) cannot meet rpo 24h; archive WAL (backup.archive: continuous) or add a replica",
    ],
    [
      "the same day in the plan's own time zone",
      (p) => ((p.timeZone = "Europe/Berlin"), (orders(p).backup = { full: "0 5 * * *" })),
      "data.orders.backup: a full backup every 24h (25h when clocks change in Europe/Berlin) cannot meet rpo 24h; archive WAL (backup.archive: continuous) or add a replica",
    ],
    [
      "MongoDB",
      (p) => (rpo(p, "database", "6h"), replace(p, { engine: "mongodb" })),
      "data.docs.backup: a full backup every 24h cannot meet rpo 6h; back up every 6h or more often (backup.full), or allow more loss (objectives.database.rpo)",
    ],
    [
      "Redis",
      (p) => (rpo(p, "cache", "6h"), replace(p, { engine: "redis" })),
      "data.docs.backup: a full backup every 24h cannot meet rpo 6h; back up every 6h or more often (backup.full), or allow more loss (objectives.cache.rpo)",
    ],
    [
      "Redis, held to the whole system's",
      (p) => (rpo(p, "full", "6h"), replace(p, { engine: "redis" })),
      "data.docs.backup: a full backup every 24h cannot meet rpo 6h; back up every 6h or more often (backup.full), or allow more loss (objectives.full.rpo)",
    ],
    [
      "files",
      (p) => (rpo(p, "files", "1h"), replace(p, { engine: "files", paths: ["/srv"] })),
      "data.docs.backup: a full backup every 24h cannot meet rpo 1h; copy changes as they happen (replicate: continuous), back up every 1h or more often, or allow more loss (objectives.files.rpo)",
    ],
    [
      "files that are copied continuously",
      (p) => (rpo(p, "files", "1h"), replace(p, { engine: "files", paths: ["/srv"], replicate: "continuous" })),
    ],
    [
      "configuration with rpo 0",
      (p) => (rpo(p, "configuration", "0s"), replace(p, { engine: "configuration", paths: [".env"] })),
      "data.docs.backup: a full backup every 24h cannot meet rpo 0s; keep it in version control (versionControlled: true), or allow more loss (objectives.configuration.rpo)",
    ],
    [
      "configuration in version control",
      (p) => (
        rpo(p, "configuration", "0s"),
        replace(p, { engine: "configuration", paths: [".env"], versionControlled: true })
      ),
    ],
    [
      "a class that an entry names",
      (p) => (rpo(p, "critical", "1h"), (orders(p).class = "critical")),
      "data.orders.backup: a full backup every 24h cannot meet rpo 1h; archive WAL (backup.archive: continuous) or add a replica",
    ],
  ];
  for (const [title, change, ...lines] of cases) {
    it(`${lines.length > 0 ? "refuses" : "accepts"} ${title}`, () => assert.deepEqual(refusals(change), lines));
  }

  const doubts: Cases = [
    [
      "data without an rpo",
      (p) => (p.objectives = {}),
      "data.orders: no rpo holds for it; state objectives.database.rpo or objectives.full.rpo",
    ],
    [
      "a replica without an archive",
      (p) => (orders(p).replica = "streaming"),
      "data.orders.replica: a replica repeats a mistaken DELETE at once; backup.archive: continuous lets you restore the moment before it",
    ],
    [
      "backups that are lost with the site",
      (p) => (
        (orders(p).replica = "streaming"),
        (orders(p).backup = { full: "0 2 * * *", archive: "continuous", offsite: false })
      ),
      "data.orders.backup.offsite: backups are lost with the site (offsite: false)",
    ],
    [
      "an alarm between two backups",
      (p) => (p.alerts = { rules: { backupAge: { above: "6h" } } }),
      "alerts.rules.backupAge.above: 6h rings between the backups of data.orders (a full backup every 24h); allow more than 24h",
    ],
    [
      "an alarm on lag above the rpo",
      (p) => (
        rpo(p, "database", "1m"),
        Object.assign(orders(p), { replica: "streaming", backup: { full: "0 2 * * *", archive: "continuous" } }),
        (p.alerts = { rules: { replicationLag: { above: "5m" } } })
      ),
      "alerts.rules.replicationLag.above: 5m is more than data.orders may lose (rpo 1m); lower it",
    ],
  ];
  for (const [title, change, ...lines] of doubts)
    it(`warns of ${title}`, () => assert.deepEqual(warnings(change), lines));
});

describe("plan/checks: recovery time objectives", () => {
  const rto = (plan: Written, value: object) => (plan.objectives = { full: { rpo: "24h", ...value } });
  const scenario = (value: object) => (plan: Written) =>
    (plan.scenarios = { loss: { title: "Loss", kind: "site-loss", ...value } });
  const cases: Cases = [
    [
      "a DNS answer kept as long as the rto",
      (p) => (rto(p, { rto: "5m" }), (p.dns.ttl = "5m")),
      "dns.ttl: answers that are kept 5m cannot meet rto 5m (objectives.full); lower dns.ttl, such as to 30s",
    ],
    ["a DNS answer kept for less", (p) => (rto(p, { rto: "5m" }), (p.dns.ttl = "4m"))],
    [
      "a DNS answer kept too long for a band",
      (p) => (rto(p, { rto: "4h", bySize: [{ upTo: "1 GB", rto: "15m" }] }), (p.dns.ttl = "1h")),
      "dns.ttl: answers that are kept 1h cannot meet rto 15m (objectives.full); lower dns.ttl, such as to 30s",
    ],
    [
      "slow detection",
      (p) => (
        rto(p, { rto: "5m" }),
        (p.failover = {
          mode: "automatic",
          detectAfter: "5m",
          witnesses: ["https://a.test", "https://b.test"],
          maxLoss: "1m",
        })
      ),
      "failover.detectAfter: finding the loss after 5m and answers kept 30s cannot meet rto 5m (objectives.full); lower failover.detectAfter",
    ],
    [
      "a maximum downtime under the rto",
      (p) => rto(p, { rto: "4h", maxDowntime: "2h" }),
      "objectives.full.maxDowntime: a maximum downtime of 2h is shorter than rto 4h; make it as long or longer",
    ],
    [
      "bands out of order",
      (p) =>
        rto(p, {
          rto: "4h",
          bySize: [
            { upTo: "10 GB", rto: "30m" },
            { upTo: "1 GB", rto: "15m" },
          ],
        }),
      "objectives.full.bySize[1].upTo: bands go from small to large; 1 GB comes after 10 GB",
    ],
    [
      "an estimate over the rto",
      scenario({ estimate: "8h" }),
      "scenarios.loss.estimate: an estimate of 8h cannot meet rto 4h (objectives.full); find a faster recovery or allow more time",
    ],
    ["an estimate of just the rto", scenario({ estimate: "4h", estimateFrom: "2h" })],
    [
      "a best estimate over the worst",
      scenario({ estimate: "1h", estimateFrom: "2h" }),
      "scenarios.loss.estimateFrom: must not be more than estimate; got 2h, and estimate is 1h",
    ],
    [
      "a best estimate alone",
      scenario({ estimateFrom: "2h" }),
      "scenarios.loss.estimateFrom: must not be more than estimate; got 2h, and there is no estimate",
    ],
  ];
  for (const [title, change, ...lines] of cases) {
    it(`${lines.length > 0 ? "refuses" : "accepts"} ${title}`, () => assert.deepEqual(refusals(change), lines));
  }

  const doubts: Cases = [
    [
      "an estimate that nothing is said about",
      (p) => (rto(p, {}), scenario({ estimate: "1h" })(p)),
      "scenarios.loss.estimate: no rto to check it against; state objectives.full.rto",
    ],
    [
      "a restore that takes longer than the rto",
      (p) => (rto(p, { rto: "1h" }), (orders(p).size = "1 TB")),
      "data.orders.size: restoring 1 TB takes about 5h18m at 50 MiB a second, longer than rto 1h; add a replica, or let a drill measure it",
    ],
    [
      "an alarm after the time is up",
      (p) => (p.alerts = { rules: { databaseDown: { after: "4h" } } }),
      "alerts.rules.databaseDown.after: 4h is as long as rto 4h (objectives.full): the time is up before anyone knows",
    ],
  ];
  for (const [title, change, ...lines] of doubts)
    it(`warns of ${title}`, () => assert.deepEqual(warnings(change), lines));

  it("accepts the example without a word", () => {
    const { refusals, warnings } = checkPlan(text());
    assert.deepEqual([...refusals, ...warnings].map(formatRefusal), []);
  });
});
