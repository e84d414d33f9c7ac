import assert from "node:assert/strict";
import { Cron } from "croner";
import fc from "fast-check";
import { nextRun, worstGap } from "../../plan";
import { cronFault, everFires, isTimeZone } from "../../plan/schedule";

const HOUR = 3_600;
const DAY = 24 * HOUR;

describe("plan/schedule", () => {
  for (const [crons, zone, worst, wall] of [
    [["* * * * *"], "UTC", 60, 60],
    [["*/15 * * * *"], "UTC", 900, 900],
    [["0 */4 * * *"], "UTC", 4 * HOUR, 4 * HOUR],
    [["0 */5 * * *"], "UTC", 5 * HOUR, 5 * HOUR],
    [["0 6,10,14,18,22 * * *"], "UTC", 8 * HOUR, 8 * HOUR],
    [["0 2 * * *", "0 6,10,14,18,22 * * *"], "UTC", 4 * HOUR, 4 * HOUR],
    [["0 2 * * *"], "UTC", DAY, DAY],
    [["0 2 * * 0"], "UTC", 7 * DAY, 7 * DAY],
    [["0 2 * * 1-5"], "UTC", 3 * DAY, 3 * DAY],
    [["0 2 * * 0", "0 2 * * 1-6"], "UTC", DAY, DAY],
    [["0 2 1 * *"], "UTC", 31 * DAY, 31 * DAY],
    [["0 2 1 1 *"], "UTC", 365 * DAY, 365 * DAY],
    [["0 2 29 2 *"], "UTC", Infinity, Infinity],
    [["0 2 30 2 *"], "UTC", Infinity, Infinity],
    // The clocks go back: the same hour on the wall is an hour later.
    [["0 5 * * *"], "Europe/Berlin", 25 * HOUR, DAY],
    [["0 */4 * * *"], "Europe/Berlin", 5 * HOUR, 4 * HOUR],
    [["*/15 * * * *"], "Europe/Berlin", 900, 900],
    // The hour that does not exist in spring takes all its runs with it.
    [["*/30 2 * * *"], "Europe/Berlin", 47 * HOUR - 1800, DAY - 1800],
    [["0 5 * * *"], "Asia/Tokyo", DAY, DAY],
    [["0 5 * * *"], "Australia/Lord_Howe", DAY + 1800, DAY],
  ] as const) {
    it(`${crons.join(" and ")} in ${zone} leaves a gap of ${worst / HOUR} h`, () =>
      assert.deepEqual(worstGap(crons, zone), { worst, wall }));
  }

  it("finds the gap that counting every run finds", () => {
    const step = fc.constantFrom("0", "30", "*/10", "5,50", "*/7");
    const hour = fc.constantFrom("*", "2", "*/4", "1-5", "0,12", "2,3", "*/11");
    const days = fc.constantFrom("* * *", "* * 1-5", "* * 0", "1,15 * *", "* 3-10 *");
    const zone = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York");
    fc.assert(
      fc.property(step, hour, days, zone, (m, h, d, timeZone) => {
        const cron = `${m} ${h} ${d}`;
        const { worst, wall } = worstGap([cron], timeZone);
        if (wall > 8 * DAY) return;
        assert.equal(worst, counted(cron, timeZone), `${cron} in ${timeZone}`);
      }),
      { numRuns: 15, seed: 1 },
    );
  }).timeout(60_000);

  for (const [cron, fault] of [
    ["0 2 * * *", undefined],
    ["0 9 * * 6#1", undefined],
    ["0 2 * * MON-FRI", undefined],
    ["61 * * * *", "invalid value for minute: 61"],
    ["0 25 * * *", "invalid value for hour: 25"],
  ] as const) {
    it(`finds ${fault ?? "nothing wrong"} in ${cron}`, () => assert.equal(cronFault(cron), fault));
  }

  for (const [cron, fires] of [
    ["0 2 * * *", true],
    ["0 2 29 2 *", true],
    ["0 2 30 2 *", false],
    ["0 2 31 4,6,9,11 *", false],
  ] as const) {
    it(`${cron} ${fires ? "fires" : "never fires"}`, () => assert.equal(everFires(cron), fires));
  }

  for (const [zone, known] of [
    ["UTC", true],
    ["Europe/Berlin", true],
    ["Mars/Olympus", false],
    ["", false],
    ["../etc/passwd", false],
  ] as const) {
    it(`${zone || "nothing"} is ${known ? "a" : "not a"} time zone`, () => assert.equal(isTimeZone(zone), known));
  }

  it("gives the next run in the schedule's own zone", () => {
    const after = new Date("2027-03-01T00:00:00Z");
    assert.deepEqual(nextRun("0 2 * * *", "UTC", after), new Date("2027-03-01T02:00:00Z"));
    assert.deepEqual(nextRun("0 2 * * *", "Europe/Berlin", after), new Date("2027-03-01T01:00:00Z"));
    assert.equal(nextRun("0 0 30 2 *", "UTC", after), undefined);
  });
});

/** The worst gap by counting every run of 2027, the slow way. */
function counted(cron: string, timezone: string): number {
  const job = new Cron(cron, { paused: true, timezone });
  let worst = 0;
  let at = job.nextRun(new Date(Date.UTC(2027, 0, 1)));
  while (at && at.getTime() < Date.UTC(2028, 0, 15)) {
    const next = job.nextRun(at);
    if (!next) break;
    worst = Math.max(worst, (next.getTime() - at.getTime()) / 1000);
    at = next;
  }
  return worst;
}
