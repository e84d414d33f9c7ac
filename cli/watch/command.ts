import * as path from "node:path";
import { createAlerts, type Alerts } from "../../agent/alerts";
import type { Line, Log } from "../../agent/log";
import { createRedactor } from "../../agent/redaction";
import { secretReader } from "../../agent/secrets";
import { commonsOf } from "../../components/local/place";
import { makeFolder } from "../../engines/files";
import { parseDuration } from "../../plan";
import { readProject, UsageError, type Project } from "../project";
import { failOver, readKnown } from "./act";
import { commandFor, seen, silenceAfter, type Acted, type Silence } from "./alarm";
import { decide, kept, rulesOf, type Decision, type Known, type Look, type Rules } from "./decide";
import { LONGEST_LOOK_SECONDS, monotonic, openEyes } from "./eyes";
import { holdWatch } from "./lock";
import { lossOf, remember, type Position } from "./loss";
import { refuseUnwatchable } from "./probes";
import { jsonOf, linesOf } from "./say";
import { createTeller, type Teller } from "./teller";

export interface WatchOptions {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly every?: string;
}

/** `pulumi-dr watch`: looks until SIGTERM, alerts, and fails over where the plan allows it. With `--once` it only looks. */
export async function watch({ once = false, json = false, every = "5s" }: WatchOptions): Promise<void> {
  const everySeconds = secondsOf(every);
  const project = readProject();
  refuseUnwatchable(project);
  const { plan, folder } = project;
  const rules = rulesOf(plan, everySeconds + LONGEST_LOOK_SECONDS);
  const redactor = createRedactor();
  const secret = secretReader(commonsOf({ location: project.location, plan: plan.name }), redactor);
  const look = openEyes(project, secret(plan.failover.witnessToken));
  if (once) return lookOnce(plan.name, look, rules, json);

  const release = await holdWatch(path.join(folder, plan.name), plan.name);
  const stopped = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stopped.abort());
  const stateFolder = path.join(folder, ".dr/watch", plan.name);
  makeFolder(stateFolder);
  const alerts = createAlerts({
    ...{ plan, site: "watch", secret, redactor, stateFolder, log: logOf(json ? process.stderr : process.stdout) },
    metrics: { set: () => {}, add: () => {} },
  });
  const out = createTeller(plan.name, json);
  out.say(
    `${plan.name}: watching every ${every}; mode ${rules.mode}, ${rules.witnesses.length} witnesses, ${Object.keys(plan.alerts.channels).length} alert channels`,
  );
  try {
    await watchUntil(stopped.signal, { project, rules, look, alerts, out, everySeconds, json });
  } finally {
    await Promise.race([alerts.settled(), pause(LAST_WORDS_MS)]);
    await alerts.close();
    release();
  }
}

/** How long alerts that are on their way are waited for at the end; what has not arrived stays for the next start. */
const LAST_WORDS_MS = 5_000;

interface Watching {
  readonly project: Project;
  readonly rules: Rules;
  readonly look: () => Promise<Look>;
  readonly alerts: Alerts;
  readonly out: Teller;
  readonly everySeconds: number;
  readonly json: boolean;
}

async function watchUntil(stopped: AbortSignal, at: Watching): Promise<void> {
  const { rules, look, alerts, out, everySeconds } = at;
  let looks: readonly Look[] = [];
  let positions: readonly Position[] = [];
  let acted: Acted | undefined;
  let silence: Silence = {};
  let actedAt = -Infinity;
  while (!stopped.aborted) {
    const began = monotonic();
    const now = await look();
    const { site, probes, written } = now.sight;
    if (looks.at(-1)?.sight.site !== site) positions = [];
    looks = kept([...looks, now], rules);
    if (probes.sql.outcome === "well" && written) positions = remember(positions, { at: now.at, written });
    const decision = decide(looks, rules, knownOf(at, looks, positions, now.at - actedAt));
    acted = stillToTell(acted, now);
    silence = silenceAfter(silence, now);
    alerts.look(seen(site, decision, acted, silence, now.at));
    out.tell(now, decision);
    if (decision.state === "lost" && decision.held.length === 0) {
      actedAt = now.at;
      acted = await act(at, looks, decision);
      looks = []; // what was seen before it says nothing of what is now
      alerts.look(seen(site, decision, acted));
    }
    await pause(Math.max(0, everySeconds - (monotonic() - began)) * 1000, stopped);
  }
}

/** @param sinceActed Seconds since this watch acted itself: evidence may be nowhere to be written, and the time of day may jump. */
function knownOf(
  { project, rules }: Watching,
  looks: readonly Look[],
  positions: readonly Position[],
  sinceActed: number,
): Known {
  const { sight } = looks.at(-1)!;
  if (sight.probes.sql.outcome === "well") return {};
  const loss = lossOf(positions, sight.received, looks[0]!.at);
  const to = project.sites.find((other) => other !== sight.site)!;
  try {
    const known = readKnown(project, to, rules.limit);
    const sinceAutomatic = Math.min(known.sinceAutomatic ?? Infinity, sinceActed);
    return {
      ...known,
      ...(loss === undefined ? {} : { loss }),
      ...(sinceAutomatic < Infinity ? { sinceAutomatic } : {}),
    };
  } catch (error) {
    return { underWay: `what was done earlier cannot be read: ${(error as Error).message}` };
  }
}

async function act({ project, rules, out, json }: Watching, looks: readonly Look[], decision: Lost): Promise<Acted> {
  const lost = looks.at(-1)!.sight.site;
  const to = project.sites.find((other) => other !== lost)!;
  try {
    await failOver(project, looks, decision, rules, { json });
    out.say(`${to} took over from ${lost} by itself. Once ${lost} is there again: npx pulumi-dr failback`);
    return { lost, to };
  } catch (error) {
    const { message } = error as Error;
    out.say(`the failover to ${to} failed: ${message}\nBy hand: ${commandFor(lost)}`);
    return { lost, to, error: message };
  }
}

type Lost = Extract<Decision, { state: "lost" }>;

/** A failover is told until there are two copies again; one that failed until someone else has done it, or the site is well. */
function stillToTell(acted: Acted | undefined, { sight }: Look): Acted | undefined {
  if (!acted || !sight.live) return acted;
  if (acted.error === undefined) return sight.probes.replication.outcome === "well" ? undefined : acted;
  return sight.live.site !== acted.lost || sight.probes.sql.outcome === "well" ? undefined : acted;
}

async function lookOnce(plan: string, look: () => Promise<Look>, rules: Rules, json: boolean): Promise<void> {
  const now = await look();
  const decision = decide([now], rules);
  process.stdout.write(`${json ? jsonOf(plan, now, decision) : linesOf(now, decision).join("\n")}\n`);
  if (decision.state !== "well") process.exitCode = 1;
}

/** Of what the alerts log, only that a channel does not deliver is news here. */
function logOf(output: NodeJS.WriteStream): Log {
  const line: Line = (message, fields = {}) => {
    const { channel, reason } = fields as { channel?: string; reason?: string };
    if (channel !== undefined) output.write(`alerts: ${message}: ${channel}${reason ? ` (${reason})` : ""}\n`);
  };
  const log: Log = { debug: () => {}, info: () => {}, warn: line, error: line, with: () => log };
  return log;
}

function secondsOf(every: string): number {
  const seconds = /^\d/.test(every) ? parseDuration(every) : 0;
  if (seconds < 1 || seconds > 300) throw new UsageError(`--every must be a duration from 1s to 5m; got ${every}`);
  return seconds;
}

function pause(ms: number, stopped?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stopped?.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      stopped?.removeEventListener("abort", done);
      resolve();
    }
    stopped?.addEventListener("abort", done);
  });
}
