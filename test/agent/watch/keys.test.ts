import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
import { evaluate } from "../../../agent/alerts/rules";
import { keysWatch } from "../../../agent/watch/keys";
import { key, keyFile } from "../../../engines/keys";
import { defaultRules } from "../../../agent/metrics/prometheus-rules";
import { temporary } from "../../helpers/temporary";

describe("agent/watch/keys", () => {
  const folder = temporary();
  const DAY = 86_400;
  const now = new Date("2026-11-21T09:00:00Z");
  const made = (name: string, days: number) => {
    key(folder(), name);
    const at = new Date(now.getTime() - days * DAY * 1000);
    utimesSync(keyFile(folder(), name), at, at);
  };
  const config = { site: "prod", keysFolder: "", keyRotation: 90 * DAY };
  const look = (change: Partial<typeof config> = {}) => keysWatch({ ...config, keysFolder: folder(), ...change }, now);
  const broken = async () =>
    evaluate(await defaultRules(), look()).breaches.map(({ rule, source, severity, value, threshold, reason }) => [
      ...[rule, source, severity, value, threshold],
      reason?.split(" ")[0],
    ]);

  it("holds the older of the two keys against storage.keyRotation, and says what to do", async () => {
    made("restic", 10);
    made("repository", 90);
    assert.deepEqual(await broken(), []);
    made("repository", 91);
    assert.deepEqual(await broken(), [["keyAge", "prod", "P2", 91 * DAY, 90 * DAY, "npx"]]);
  });

  it("holds a rotation that was not finished to be due, however new the keys are", async () => {
    made("restic", 1);
    made("repository", 1);
    writeFileSync(keyFile(folder(), "restic.next"), "next");
    assert.deepEqual(await broken(), [["keyAge", "prod", "P2", DAY, 0, "a"]]);
  });

  it("says nothing before there are keys, or where nobody said how old they may be", () => {
    assert.deepEqual(look(), []);
    made("restic", 1000);
    const { keyRotation: _unsaid, ...unsaid } = config;
    assert.deepEqual(keysWatch({ ...unsaid, keysFolder: folder() }, now), []);
  });
});
