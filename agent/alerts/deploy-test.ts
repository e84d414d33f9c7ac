import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { writeWhole } from "../../engines/files";
import type { Plan } from "../../plan";
import type { Log } from "../log";
import type { Metrics } from "../metrics";
import type { Alerts, ChannelTest } from ".";

export interface DeployTestDeps {
  readonly alerts: Pick<Alerts, "testChannels">;
  readonly channels: Plan["alerts"]["channels"];
  /** Where it is noted what was tested. */
  readonly folder: string;
  readonly log: Log;
  readonly metrics: Pick<Metrics, "set">;
}

/** What came of a channel's test, and of which configuration of it. */
export interface Tested extends ChannelTest {
  /** Of what the plan says of the channel, not of its secrets. */
  readonly digest: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * Sends a test message by each channel that is new, was changed or did not take the last one; once for each start, and
 * none to a channel that is known to work. A test that fails is said in one line.
 */
export async function testAtDeploy({
  alerts,
  channels,
  folder,
  log,
  metrics,
}: DeployTestDeps): Promise<readonly Tested[]> {
  const file = path.join(folder, "channels.json");
  const before = readTested(file);
  const digests = Object.entries(channels).map(([channel, of]) => [channel, digestOf(of)] as const);
  const known = new Map(digests.map(([channel, digest]) => [channel, before.find(isOf(channel, digest))]));
  const wanted = digests.map(([channel]) => channel).filter((channel) => !known.get(channel)?.arrived);
  const at = new Date().toISOString();
  const results = await alerts.testChannels(wanted);
  for (const { channel, arrived, reason } of results)
    if (arrived) log.info("a test message arrived", { channel });
    else log.warn("a test message did not arrive", { channel, reason });
  const tested = digests.flatMap(([channel, digest]): Tested[] => {
    const result = results.find((one) => one.channel === channel);
    return result ? [{ ...result, digest, at }] : [known.get(channel)!];
  });
  for (const { channel, arrived } of tested) metrics.set("dr_channel_up", { channel }, arrived ? 1 : 0);
  writeWhole(file, JSON.stringify(tested, null, 2));
  return tested;
}

const isOf = (channel: string, digest: string) => (one: Tested) => one.channel === channel && one.digest === digest;

const digestOf = (channel: Plan["alerts"]["channels"][string]) =>
  createHash("sha256").update(JSON.stringify(channel)).digest("hex").slice(0, 16);

function readTested(file: string): readonly Tested[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as readonly Tested[];
  } catch {
    return []; // none yet
  }
}
