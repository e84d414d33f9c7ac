import * as path from "node:path";
import type { Plan } from "../../plan";
import type { Log } from "../log";
import type { Metrics } from "../metrics";
import type { Redactor } from "../redaction";
import { deliverBy, type ChannelContext, type Deliver } from "./channels";
import { createDelivery, realWait, type DeliveryDeps } from "./delivery";
import { sendHttp } from "./http";
import { advance, type Incident, type Notice } from "./incident";
import { messageOf, testMessage } from "./message";
import { openOutbox, type Queued } from "./outbox";
import {
  CHANNEL_FAILING,
  channelsFor,
  evaluate,
  repeatEvery,
  waitOf,
  type Breach,
  type Measurement,
  type Seen,
} from "./rules";
import type { ReadSecret } from "./secrets";

export interface AlertsDeps {
  readonly plan: Pick<Plan, "name" | "alerts" | "people">;
  readonly site: string;
  readonly secret: ReadSecret;
  /** Learns each secret as it is read, so that none reaches a log, an error or the outbox. */
  readonly redactor: Redactor;
  readonly log: Log;
  readonly metrics: Pick<Metrics, "set" | "add">;
  /** Where what is not delivered yet survives a restart. */
  readonly stateFolder: string;
  /** For tests only. */
  readonly testing?: Partial<Pick<DeliveryDeps, "now" | "random" | "wait">> &
    Pick<ChannelContext, "timeoutMs"> & { readonly pagerdutyUrl?: string; readonly ca?: string };
}

export interface ChannelTest {
  readonly channel: string;
  readonly arrived: boolean;
  readonly reason?: string;
}

/** Rules that are broken become incidents, incidents become messages, messages reach people. */
export interface Alerts {
  /** What was found in one look at everything. What is not in it is well; what nobody could tell is `unknown`. */
  readonly look: (seen: Seen) => void;
  /** The same, from measurements: the plan's thresholds are applied here. */
  readonly measured: (measurements: readonly Measurement[]) => void;
  readonly incidents: () => readonly Incident[];
  /** Sends a test message by each channel, or by some, and waits for all: to be called at deploy. */
  readonly testChannels: (only?: readonly string[]) => Promise<readonly ChannelTest[]>;
  /** Once nothing is under way; a message that waits for another attempt stays for the next start. */
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export function createAlerts(deps: AlertsDeps): Alerts {
  const { plan, site, redactor, log, metrics, testing = {} } = deps;
  const { alerts, people } = plan;
  const now = testing.now ?? Date.now;
  const place = { plan: plan.name, site, statusPage: alerts.statusPage };
  const deliver = deliverers(deps, now);
  const outbox = openOutbox(path.join(deps.stateFolder, "alerts.jsonl"), (err) => log.error("alerts' outbox", { err }));
  const failing = new Map(
    outbox.incidents
      .filter(({ phase, breach }) => phase === "firing" && !isOfPlan(breach) && deliver.has(breach.source))
      .map(({ breach }) => [breach.source, breach.reason ?? ""]),
  );
  const told = new Map<string, string>();
  let last: Seen = { breaches: [], unknown: [] };
  let hasLooked = false;

  const delivery = createDelivery({
    channels: deliver,
    ...{ now, random: testing.random ?? Math.random, wait: testing.wait ?? realWait },
    onAttempt(channel, error) {
      metrics.add("dr_notification_total", { channel, result: error ? "failure" : "success" });
      metrics.set("dr_channel_up", { channel }, error ? 0 : 1);
      const reason = error && redactor.text(error.message);
      // Tried again every few minutes for a day: a reason is said once.
      if (reason !== undefined && told.get(channel) !== reason)
        log.warn("an alert did not arrive", { channel, reason });
      if (reason === undefined) told.delete(channel);
      else told.set(channel, reason);
    },
    onSettled({ channel, message }, dropped) {
      outbox.settle(channel, message.id);
      metrics.set(
        "dr_notification_pending",
        { channel },
        outbox.queued.filter((item) => item.channel === channel).length,
      );
      if (dropped) log.error("an alert was given up", { channel, title: message.title, reason: dropped });
    },
    onHealth(channel, reason) {
      if (reason === undefined) return recovered(channel);
      failing.set(channel, redactor.text(reason));
      step();
    },
  });

  function recovered(channel: string): void {
    if (failing.delete(channel)) step();
  }

  /** One step of all incidents. The agent's own rules are looked at each time, the plan's as they were last seen. */
  function step(): void {
    const own = [...failing].map(([source, reason]): Breach => ({
      rule: CHANNEL_FAILING,
      source,
      severity: "P1",
      reason,
    }));
    const breaches = [...last.breaches, ...own].map(withoutSecrets);
    const unknown = hasLooked ? last.unknown : outbox.incidents.map(({ breach }) => breach).filter(isOfPlan);
    const next = advance(outbox.incidents, { breaches, unknown }, now(), {
      wait: (rule) => waitOf(alerts.rules, rule),
      repeat: (severity) => repeatEvery(people.severities, severity),
    });
    const queued = next.notices.flatMap(toQueue);
    outbox.record(next.incidents, queued);
    next.notices.forEach(tell);
    delivery.push(queued);
  }

  function withoutSecrets(breach: Breach): Breach {
    return { ...breach, ...(breach.reason === undefined ? {} : { reason: redactor.text(breach.reason) }) };
  }

  function toQueue(notice: Notice): Queued[] {
    const message = messageOf(notice, place);
    return channelsFor(alerts, notice.breach).map((channel) => ({ channel, message, queuedAt: notice.at }));
  }

  function tell({ kind, breach }: Notice): void {
    const { rule, source, severity, value, reason } = breach;
    for (const other of ["P0", "P1", "P2", "P3", "P4"])
      if (other === severity || kind === "worse")
        metrics.set(
          "dr_incident_firing",
          { rule, source, severity: other },
          other === severity && kind !== "resolved" ? 1 : 0,
        );
    const line = kind === "resolved" ? log.info : log.warn;
    line(`incident ${kind}`, { rule, source, severity, value, reason });
  }

  for (const { phase, breach } of outbox.incidents)
    if (phase === "firing") {
      const { rule, source, severity } = breach;
      metrics.set("dr_incident_firing", { rule, source, severity }, 1);
    }
  delivery.push(outbox.queued);

  const look = (seen: Seen) => {
    last = seen;
    hasLooked = true;
    step();
  };
  return {
    look,
    measured: (measurements) => look(evaluate(alerts.rules, measurements)),
    incidents: () => outbox.incidents,
    testChannels: (only = [...deliver.keys()]) =>
      Promise.all(only.flatMap((channel) => (deliver.has(channel) ? [testOne(channel, deliver.get(channel)!)] : []))),
    settled: delivery.settled,
    close: delivery.close,
  };

  async function testOne(channel: string, send: Deliver): Promise<ChannelTest> {
    try {
      await send(testMessage(channel, now(), place));
      recovered(channel);
      return { channel, arrived: true };
    } catch (error) {
      return { channel, arrived: false, reason: redactor.text((error as Error).message) };
    }
  }
}

const isOfPlan = ({ rule }: Breach) => rule !== CHANNEL_FAILING;

function deliverers({ plan, secret, redactor, testing = {} }: AlertsDeps, now: () => number): Map<string, Deliver> {
  const read: ReadSecret = (name) => {
    const value = secret(name);
    redactor.hide(value);
    return value;
  };
  const { pagerdutyUrl, ca, timeoutMs } = testing;
  const send = sendHttp(timeoutMs);
  const context: ChannelContext = {
    secret: read,
    send,
    now,
    timeoutMs,
    testing: { ...(pagerdutyUrl ? { pagerdutyUrl } : {}), ...(ca ? { ca } : {}) },
  };
  return new Map(Object.entries(plan.alerts.channels).map(([name, channel]) => [name, deliverBy(channel, context)]));
}
