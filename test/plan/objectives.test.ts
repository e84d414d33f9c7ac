import assert from "node:assert/strict";
import { parsePlan, protectionsOf, rtoForSize, statedFor } from "../../plan";
import { orders, text, type Written } from "./example";

const plan = (change?: (plan: Written) => void) => parsePlan(text(change));
const protections = (change: (entry: Record<string, unknown>) => void) => {
  // No objective, so that every protection is accepted.
  const { data } = plan((p) => ((p.objectives = {}), change(orders(p))));
  return Object.values(data).flatMap((entry) =>
    protectionsOf(entry).map(({ by, loss, words }) => `${by} ${loss}: ${words}`),
  );
};

describe("plan/objectives", () => {
  const full = "0 2 * * *";
  const daily = "schedule 86400: a full backup every 24h";
  const file = { engine: "files", database: undefined, paths: ["/srv"] };
  const configuration = { engine: "configuration", database: undefined, paths: [".env"] };
  const cases: readonly (readonly [title: string, entry: object, ...ways: string[]])[] = [
    ["a schedule", {}, daily],
    [
      "the most frequent of several schedules",
      { backup: { full, incremental: "0 */4 * * *" } },
      "schedule 14400: an incremental every 4h",
    ],
    [
      "schedules that fill each other's gaps",
      { backup: { full, incremental: "0 6,10,14,18,22 * * *" } },
      "schedule 14400: an incremental every 4h",
    ],
    ["a differential", { backup: { full, differential: "0 */6 * * *" } }, "schedule 21600: a differential every 6h"],
    [
      "a schedule with clock changes",
      { backup: { full: "0 5 * * *", timeZone: "Europe/Berlin" } },
      "schedule 90000: a full backup every 24h (25h when clocks change in Europe/Berlin)",
    ],
    [
      "a schedule rarer than a year",
      { backup: { full: "0 0 29 2 *" } },
      "schedule Infinity: a full backup less than once a year",
    ],
    [
      "the archive",
      { backup: { full, archive: "continuous", archiveTimeout: "2m" } },
      "archive 120: an archive timeout of 2m",
      daily,
    ],
    [
      "the best way first",
      { replica: "streaming", replicaLag: "2h", backup: { full, archive: "continuous" } },
      "archive 60: an archive timeout of 1m",
      "replica 7200: a replica that may lag 2h",
      daily,
    ],
    ["a replica", { replica: "streaming", replicaLag: "20s" }, "replica 20: a replica that may lag 20s", daily],
    ["a synchronous replica", { replica: "synchronous" }, "replica 0: a synchronous replica", daily],
    ["nothing, if backups stay at the lost site", { backup: { full, offsite: false, archive: "continuous" } }],
    ["version control", { ...configuration, versionControlled: true }, "version control 0: version control", daily],
    ["a continuous copy", { ...file, replicate: "continuous" }, "copy 300: a continuous copy that may lag 5m", daily],
  ];
  for (const [title, entry, ...ways] of cases) {
    it(`counts ${title}`, () =>
      assert.deepEqual(
        protections((e) => Object.assign(e, entry)),
        ways,
      ));
  }

  it("takes a class's own objective before the whole system's", () => {
    const both = plan((p) => (p.objectives = { full: { rto: "4h", rpo: "24h" }, database: { rto: "2h" } }));
    assert.deepEqual(statedFor(both, "database", "rto"), { seconds: 7_200, class: "database" });
    assert.deepEqual(statedFor(both, "database", "rpo"), { seconds: 86_400, class: "full" });
    assert.equal(
      statedFor(
        plan((p) => (p.objectives = {})),
        "files",
        "rto",
      ),
      undefined,
    );
  });

  it("takes the first band that is large enough", () => {
    const bands = plan((p) => {
      p.objectives.database = {
        rto: "2h",
        bySize: [
          { upTo: "1 GB", rto: "15m" },
          { upTo: "10 GB", rto: "30m" },
        ],
      };
    });
    for (const [size, rto] of [
      [1, 900],
      [1e9, 900],
      [1e9 + 1, 1800],
      [1e10, 1800],
      [1e10 + 1, 7200],
    ] as const) {
      assert.equal(rtoForSize(bands, "database", size), rto);
    }
    assert.equal(rtoForSize(bands, "files", 1), 14_400);
  });
});
