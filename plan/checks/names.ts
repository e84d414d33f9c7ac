import type { Plan } from "../plan";
import { NAME_RULES, RESERVED_DATABASES, type NameParts } from "../platforms";
import type { Finding } from "./finding";

/** Every physical name against the limit of the platform that has to hold it. */
export function* names(plan: Plan): Iterable<Finding> {
  const databases = Object.entries(plan.data).flatMap(([entry, data]) =>
    data.engine === "postgresql" ? [{ entry, database: data.database }] : [],
  );
  for (const rule of NAME_RULES) {
    const longest: NameParts = {
      plan: plan.name,
      site: rule.parts.includes("site") ? longestOf(Object.keys(plan.sites)) : "",
      service: longestOf(Object.keys(plan.services)),
      data: longestOf(Object.keys(plan.data)),
      database: longestOf(databases.map(({ database }) => database)),
      secret: "", // no platform's limit is near
    };
    if (rule.parts.some((part) => longest[part] === "")) continue;
    const name = rule.name(longest);
    if (name.length <= rule.limit) continue;
    const place = placeOf(rule.parts, longest, databases);
    const over = name.length - rule.limit;
    const message = `${rule.platform} allows a ${rule.thing} ${rule.limit} characters; ${name} has ${name.length}. Shorten ${rule.parts.map((part) => longest[part]).join(" or ")} by ${over}`;
    yield { at: place, message };
  }
  for (const { entry, database } of databases) {
    const owner = RESERVED_DATABASES[database] ?? (database.startsWith("pg_") ? "PostgreSQL's own" : undefined);
    if (owner)
      yield {
        at: ["data", entry, "database"],
        message: `${database} is ${owner}; give the system's data a database of its own`,
      };
  }
}

const longestOf = (all: readonly string[]) =>
  all.reduce((longest, name) => (name.length > longest.length ? name : longest), "");

/** The key to point at: the longest part, for it is the one to shorten. */
function placeOf(
  parts: readonly (keyof NameParts)[],
  names: NameParts,
  databases: readonly { entry: string; database: string }[],
): PropertyKey[] {
  const part = parts.reduce((a, b) => (names[b].length > names[a].length ? b : a));
  switch (part) {
    case "plan":
      return ["name"];
    case "site":
      return ["sites", names.site];
    case "service":
      return ["services", names.service];
    case "data":
      return ["data", names.data];
    case "secret":
    case "database":
      return ["data", databases.find(({ database }) => database === names.database)?.entry ?? "", "database"];
  }
}
