import assert from "node:assert/strict";
import { nextRun } from "../../../plan/schedule";
import { utcCron } from "../../../components/azure/cron";

describe("azure: schedules in UTC", () => {
  for (const [cron, zone, utc] of [
    ["0 2 * * *", "UTC", "0 2 * * *"],
    ["*/15 1-5 * * 1", "UTC", "*/15 1-5 * * 1"],
    ["0 * * * *", "Europe/Berlin", "0 * * * *"],
    ["15 * * * *", "America/New_York", "15 * * * *"],
    ["0 2 * * *", "Asia/Tokyo", "0 17 * * *"],
    ["30 9 * * 1-5", "Asia/Tokyo", "30 0 * * 1-5"],
    ["0 2,14 * * *", "Asia/Kolkata", "30 8,20 * * *"],
    ["0 */6 * * *", "Asia/Tokyo", "0 3,9,15,21 * * *"],
    ["0 20 * * *", "America/Phoenix", "0 3 * * *"],
    ["0 2 * * *", "Europe/Berlin", undefined], // summer time
    ["0 2 * * 1", "Asia/Tokyo", undefined], // Sunday in UTC
    ["0,45 2 * * *", "Asia/Kolkata", undefined], // 20:30 and 21:15
    ["0 9 * * 6#1", "UTC", undefined], // no cron of Container Apps
    ["0 9 L * *", "UTC", undefined],
  ] as const)
    it(`${cron} in ${zone} is ${utc ?? "not to be said"}`, () => assert.equal(utcCron(cron, zone), utc));

  it("fires when the plan's own schedule does", () => {
    for (const cron of ["0 2 * * *", "0 */6 * * *", "10,40 3 * * *", "0 5-9/2 * * *", "30 23 * * *"])
      for (const zone of ["Asia/Tokyo", "Asia/Dubai", "Africa/Lagos", "America/Bogota"]) {
        let [one, other] = [new Date("2027-03-01T00:00:00Z"), new Date("2027-03-01T00:00:00Z")];
        for (let run = 0; run < 10; run++) {
          one = nextRun(cron, zone, one)!;
          other = nextRun(utcCron(cron, zone)!, "UTC", other)!;
          assert.equal(other.toISOString(), one.toISOString(), `${cron} in ${zone}`);
        }
      }
  });
});
