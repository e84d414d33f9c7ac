import assert from "node:assert/strict";
import { backupRulesOf } from "../../../components/aws/backup-rules";
import { entryOf } from "./plan";

const backup = { full: "30 2 * * *", timeZone: "Europe/Berlin" };
const { retention: RETENTION } = entryOf({ engine: "redis", backup: { full: "0 2 * * *" } });
const none = { ...RETENTION, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
const lines = (entry: Parameters<typeof backupRulesOf>[0]) =>
  backupRulesOf(entry).map(
    ({ name, schedule, deleteAfter, deleteCopyAfter }) => `${name} ${schedule} ${deleteAfter} ${deleteCopyAfter}`,
  );

describe("aws backup rules", () => {
  it("keep days, weeks, months and years as backups of their own, at the time of the full one", () =>
    assert.deepEqual(lines({ backup, retention: { ...RETENTION, daily: 7, weekly: 4, monthly: 12, yearly: 2 } }), [
      "full cron(30 2 * * ? *) 7 7",
      "weekly cron(30 2 ? * 1 *) 28 28",
      "monthly cron(30 2 1 * ? *) 372 372",
      "yearly cron(30 2 1 1 ? *) 732 732",
    ]));

  it("keep as many as the plan counts, however seldom one is taken", () =>
    assert.deepEqual(lines({ backup: { full: "0 3 * * 0", timeZone: "UTC" }, retention: { ...none, daily: 4 } }), [
      "full cron(0 3 ? * 1 *) 28 28",
    ]));

  it("take a snapshot for an incremental backup, kept until the next full one", () =>
    assert.deepEqual(
      lines({
        backup: { full: "0 3 * * 0", incremental: "0 */6 * * *", timeZone: "UTC" },
        retention: { ...none, daily: 4 },
      }),
      ["full cron(0 3 ? * 1 *) 28 28", "incremental cron(0 0,6,12,18 * * ? *) 7 7"],
    ));

  it("keep the local and the remote copy no longer than the plan says", () =>
    assert.deepEqual(
      lines({
        backup: { full: "0 3 * * *", timeZone: "UTC" },
        retention: { ...none, daily: 30, local: 3 * 86_400, remote: 14 * 86_400 },
      }),
      ["full cron(0 3 * * ? *) 3 14"],
    ));

  it("keep each until the next one is there, and name each part of a schedule that AWS says in several", () =>
    assert.deepEqual(lines({ backup: { full: "0 3 1 * 5", timeZone: "UTC" }, retention: none }), [
      "full cron(0 3 1 * ? *) 8 8",
      "full-2 cron(0 3 ? * 6 *) 8 8",
    ]));
});
