import { formatDuration } from "../duration";
import { statedFor } from "../objectives";
import type { Plan } from "../plan";
import type { Finding } from "./finding";

/** Who and what acts: automatic failover, instances, alerts that come too late, blanks that are still to be filled in. */
export function* acting(plan: Plan): Iterable<Finding> {
  yield* failover(plan);
  yield* regionSwitch(plan);
  for (const [name, { instances }] of Object.entries(plan.services)) {
    if (instances.max !== undefined && instances.max < instances.min) {
      yield {
        at: ["services", name, "instances", "max"],
        message: `must be min (${instances.min}) or more; got ${instances.max}`,
      };
    }
  }
  for (const [i, { after }] of plan.people.escalation.entries()) {
    const before = plan.people.escalation[i - 1];
    if (before && after < before.after) {
      const message = `steps go from early to late; ${formatDuration(after)} comes after ${formatDuration(before.after)}`;
      yield { at: ["people", "escalation", i, "after"], message };
    }
  }
  yield* lateAlerts(plan);
  yield* blanks(plan, []);
}

function* failover({ failover: { mode, witnesses, maxLoss, authority }, sites, people }: Plan): Iterable<Finding> {
  if (mode === "manual") {
    if (authority.length === 0 && Object.keys(people.contacts).length > 0) {
      yield { at: ["failover", "authority"], message: "nobody may declare a site lost; name a contact", doubt: true };
    }
    return;
  }
  const at = ["failover", "witnesses"];
  const distinct = new Set(witnesses);
  if (distinct.size < 2) {
    const message = `mode automatic needs two witnesses or more, in different places; got ${distinct.size}. One that cannot reach a site proves nothing`;
    yield { at, message };
  }
  for (const [i, witness] of witnesses.entries()) {
    const host = hostOf(witness);
    const [site] =
      Object.entries(sites).find(([, one]) => one.platform === "docker" && hostOf(one.host) === host) ?? [];
    if (site !== undefined)
      yield { at: [...at, i], message: `${host} is ${site}, which cannot witness its own loss; name a third place` };
    const twin = witnesses.findIndex((other) => hostOf(other) === host);
    if (twin < i && witnesses[twin] !== witness) {
      const message = `is at ${host}, as another witness is: what cuts off one cuts off both`;
      yield { at: [...at, i], message, doubt: true };
    }
  }
  if (maxLoss === undefined) {
    yield {
      at: ["failover", "maxLoss"],
      message: "an automatic failover would accept any loss; say how much it may",
      doubt: true,
    };
  }
}

/** ARC Region switch knows two regions of AWS, and turns nothing before a person has approved. */
function* regionSwitch({ failover, sites }: Plan): Iterable<Finding> {
  if (failover.regionSwitch !== true) return;
  const at = ["failover", "regionSwitch"];
  const all = Object.entries(sites);
  if (all.length !== 2 || all.some(([, { platform }]) => platform !== "aws")) {
    const got = all.map(([name, { platform }]) => `${name} on ${platform}`).join(", ");
    const message = `needs two sites, both on aws: a plan of ARC Region switch has two regions; got ${got}. Leave it out`;
    yield { at, message };
  }
  if (failover.mode === "automatic") {
    const message = "waits for a person's approval, and mode automatic for nobody; leave one of them out";
    yield { at, message };
  }
}

const hostOf = (address: string) => (URL.canParse(address) ? new URL(address).hostname : address);

function* lateAlerts(plan: Plan): Iterable<Finding> {
  const { databaseDown, serviceDown, replicationLag } = plan.alerts.rules;
  for (const [rule, name, of] of [
    [databaseDown, "databaseDown", "database"],
    [serviceDown, "serviceDown", "critical"],
  ] as const) {
    const stated = statedFor(plan, of, "rto");
    if (rule.enabled && stated && rule.after >= stated.seconds) {
      const message = `${formatDuration(rule.after)} is as long as rto ${formatDuration(stated.seconds)} (objectives.${stated.class}): the time is up before anyone knows`;
      yield { at: ["alerts", "rules", name, "after"], message, doubt: true };
    }
  }
  for (const [name, entry] of Object.entries(plan.data)) {
    if (entry.engine !== "postgresql" || entry.replica === "none" || !replicationLag.enabled) continue;
    const stated = statedFor(plan, entry.class, "rpo");
    if (stated && replicationLag.above > stated.seconds) {
      const message = `${formatDuration(replicationLag.above)} is more than data.${name} may lose (rpo ${formatDuration(stated.seconds)}); lower it`;
      yield { at: ["alerts", "rules", "replicationLag", "above"], message, doubt: true };
    }
  }
}

/** Text that starts with TODO is a blank that the plan's owner has to fill in. */
function* blanks(value: unknown, at: readonly PropertyKey[]): Iterable<Finding> {
  if (typeof value === "string") {
    if (/^TODO\b/.test(value)) yield { at, message: `is still to be filled in: ${value}`, doubt: true };
  } else if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* blanks(item, [...at, i]);
  } else if (value !== null && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) yield* blanks(item, [...at, key]);
  }
}
