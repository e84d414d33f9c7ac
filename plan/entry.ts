import type { Plan } from "./plan";

/** The service that users meet first: the first one that no other waits for. Undefined if there is none. */
export function entryService({ services }: Pick<Plan, "services">): string | undefined {
  const waitedFor = new Set(Object.values(services).flatMap(({ dependsOn }) => dependsOn));
  return Object.keys(services).find((name) => !waitedFor.has(name));
}
