import { nearest } from "../nearest";
import type { Plan } from "../plan";
import type { Finding } from "./finding";

type Reference = [at: readonly PropertyKey[], to: string];

/** Every name that points at another entry of the plan points at one that is there; a cache is warmed by a service that uses it; no service waits for itself. */
export function* references(plan: Plan): Iterable<Finding> {
  yield* missing("data", plan.data, [
    ...Object.entries(plan.services).flatMap(([name, { uses }]) => each(["services", name, "uses"], uses)),
    ...Object.entries(plan.scenarios).flatMap(([name, { data }]) => each(["scenarios", name, "data"], data)),
  ]);
  yield* missing("services", plan.services, [
    ...Object.entries(plan.services).flatMap(([name, { dependsOn }]) =>
      each(["services", name, "dependsOn"], dependsOn),
    ),
    ...Object.entries(plan.scenarios).flatMap(([name, { services }]) =>
      each(["scenarios", name, "services"], services),
    ),
  ]);
  yield* missing("alerts.channels", plan.alerts.channels, [
    ...each(["alerts", "severe"], plan.alerts.severe),
    ...Object.entries(plan.alerts.rules).flatMap(([name, { channels }]) =>
      each(["alerts", "rules", name, "channels"], channels),
    ),
  ]);
  const { commander, lead, team, stakeholders } = plan.people.communication;
  const talk = ["people", "communication"];
  yield* missing("people.contacts", plan.people.contacts, [
    ...each(["failover", "authority"], plan.failover.authority),
    ...each(["breach", "notify"], plan.breach.notify),
    ...plan.people.escalation.flatMap(({ contacts }, i) => each(["people", "escalation", i, "contacts"], contacts)),
    ...Object.entries(plan.drills).flatMap(([name, { who }]) => each(["drills", name, "who"], who)),
    ...(commander === undefined ? [] : [[[...talk, "commander"], commander] satisfies Reference]),
    ...(lead === undefined ? [] : [[[...talk, "lead"], lead] satisfies Reference]),
    ...each([...talk, "team"], team),
    ...each([...talk, "stakeholders"], stakeholders),
  ]);
  yield* missing(
    "scenarios",
    plan.scenarios,
    Object.entries(plan.drills).flatMap(([name, { scenario }]) =>
      scenario === undefined ? [] : [[["drills", name, "scenario"], scenario] satisfies Reference],
    ),
  );
  yield* missing("checklists", plan.checklists, each(["afterRecovery", "checklist"], plan.afterRecovery.checklist));
  yield* unwarmed(plan);
  yield* cycles(plan);
}

/** A cache is warmed by a service that uses it. */
function* unwarmed({ data, services }: Plan): Iterable<Finding> {
  for (const [name, entry] of Object.entries(data)) {
    if (entry.engine !== "redis" || entry.warm === undefined) continue;
    if (Object.values(services).some(({ uses }) => uses.includes(name))) continue;
    const message = `${entry.warm} is a path of a service that uses ${name}, and none does; add ${name} to a service's uses`;
    yield { at: ["data", name, "warm"], message };
  }
}

const each = (at: readonly PropertyKey[], names: readonly string[]): Reference[] =>
  names.map((name, i) => [[...at, i], name]);

function* missing(where: string, there: object, references: readonly Reference[]): Iterable<Finding> {
  const known = Object.keys(there);
  for (const [at, to] of references) {
    if (known.includes(to)) continue;
    const near = nearest(to, known);
    const way = near ? `did you mean ${near}?` : known.length > 0 ? `there: ${known.join(", ")}` : "it has no entries";
    yield { at, message: `${to} is not in ${where}; ${way}` };
  }
}

/** A service that waits for itself, directly or by others, would never start. */
function* cycles(plan: Plan): Iterable<Finding> {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of plan.services[name]?.dependsOn ?? []) {
      const found = visit(next, [...path, name]);
      if (found) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(plan.services)) {
    const cycle = visit(name, []);
    if (!cycle) continue;
    yield {
      at: ["services", cycle[0] ?? name, "dependsOn"],
      message: `${cycle.join(" waits for ")}: none of them would start; take one dependsOn away`,
    };
    return;
  }
}
