import type { Plan, Site } from "../plan";
import type { Finding } from "./finding";

/** Two sites or more, no two of them in the same place, and a record inside its zone. */
export function* sites(plan: Plan): Iterable<Finding> {
  const all = Object.entries(plan.sites);
  if (all.length < 2) {
    const message = `a plan needs two sites or more, the live one first; got ${all.length}. Add the site that takes over, such as dr`;
    yield { at: ["sites"], message };
  }
  const taken = new Map<string, string>();
  for (const [name, site] of all) {
    const place = placeOf(name, site);
    const other = taken.get(place);
    taken.set(place, other ?? name);
    if (other === undefined) continue;
    const same = `${name} and ${other} are the same place (${place}): what loses one loses both`;
    if (plan.rehearsal)
      yield { at: ["sites", name], message: `${same}; accepted because rehearsal is true`, doubt: true };
    else yield { at: ["sites", name], message: `${same}; give ${name} another one` };
  }
  const { zone, name, aliases } = plan.dns;
  const records: [PropertyKey[], string][] = [
    [["dns", "name"], name],
    ...aliases.map((alias, i): [PropertyKey[], string] => [["dns", "aliases", i], alias]),
  ];
  for (const [at, record] of records) {
    if (record !== zone && !record.endsWith(`.${zone}`)) {
      yield {
        at,
        message: `must be inside the zone ${zone}; got ${record}. Use a name such as app.${zone}, or change dns.zone`,
      };
    }
  }
}

/** What would be lost together with a site: a region, a host, a cluster, a folder. */
export function placeOf(name: string, site: Site): string {
  switch (site.platform) {
    case "local":
      return `local folder ${(site.folder ?? `.dr/${name}`).replace(/\/+$/, "").replace(/^\.\//, "")}`;
    case "docker":
      return `docker host ${hostOf(site.host)}`;
    case "kubernetes":
      return `kubernetes context ${site.context}`;
    case "aws":
      return `aws region ${site.region.toLowerCase()}`;
    case "azure":
      return `azure region ${site.region.toLowerCase().replaceAll(" ", "")}`;
  }
}

/** The machine in `ssh://user@host:22`, whatever the user, the port and the protocol. A socket (`unix:`) is on this machine. */
function hostOf(address: string): string {
  const host = address
    .replace(/^[a-z]+:\/\//, "")
    .replace(/^[^@/]*@/, "")
    .replace(/[:/].*$/, "")
    .toLowerCase();
  return host === "" || /^127\.|^0\.0\.0\.0$/.test(host) ? "localhost" : host;
}
