import { commonsOf, NAME_SERVER_PORT } from "../components/local/place";
import { lookUpAuthority, type Authority } from "../engines/dns/lookup";
import { keptPorts } from "../engines/ports";
import { lastDrill, type Drill } from "../evidence/runs";
import type { DatabaseStatus, Restorable, Status } from "../evidence/state";
import { renderDrill } from "./evidence/table";
import { databasesOf, readProject, UsageError, type Project } from "./project";
import { readDatabase } from "./read-database";
import { inWordsBehind, withDistances } from "./behind";
import { asRestorable, offerAt, ownOffer } from "./recovery/restorable";

export type { DatabaseStatus, Status };

export async function readStatus(project: Project): Promise<Status> {
  if (project.platform !== "local")
    throw new UsageError(`only local sites can be read so far; got platform ${project.platform}`);
  const entries = databasesOf(project.plan);
  const [live, asked] = await Promise.all([
    readAuthority(project),
    Promise.all(project.sites.flatMap((site) => entries.map((entry) => readDatabase(project, site, entry)))),
  ]);
  const hasNoReplica = new Set(entries.flatMap(({ name, replica }) => (replica === "none" ? [name] : [])));
  const databases = await Promise.all(
    withDistances(asked).map(async (one) =>
      live && live.site !== one.site && one.role === "unreachable" && hasNoReplica.has(one.database)
        ? askBackups(project, one, live.site)
        : one,
    ),
  );
  return { live, databases, problems: findProblems(project.sites, live, databases) };
}

/** `pulumi-dr status`: exits 1 unless all is as it should be. */
export async function status({ json }: { json?: boolean }): Promise<void> {
  const project = readProject();
  const { live, databases, problems } = await readStatus(project);
  const drill = lastDrill(project);
  if (json) {
    const { name: plan } = project.plan;
    process.stdout.write(
      `${JSON.stringify({ plan, ok: problems.length === 0, live: live ?? null, databases, lastDrill: drill ? withAge(drill) : null, problems })}\n`,
    );
  } else {
    process.stdout.write(`${render(project, live, databases, problems, drill)}\n`);
  }
  if (problems.length > 0) process.exitCode = 1;
}

/** Why the plan is not in its normal state: one writer, named by the authority record, and a copy of every database. */
export function findProblems(
  sites: readonly string[],
  authority: Authority | undefined,
  databases: readonly DatabaseStatus[],
): readonly string[] {
  const problems = authority ? [] : ["no authority record: the DNS stack is not up"];
  for (const name of new Set(databases.map(({ database }) => database))) {
    const copies = databases.filter(({ database }) => database === name);
    const primaries = copies.filter(({ role }) => role === "primary");
    const others = copies.flatMap((copy) => (copy.silent || copy.role === "fenced" ? [`; ${whyNoCopy(copy)}`] : []));
    if (primaries.length === 0)
      problems.push(
        `${name}: no site ${copies.some(({ silent }) => silent) ? "is known to take" : "takes"} writes${others.join("")}`,
      );
    if (primaries.length > 1) problems.push(`${name}: TWO WRITERS, ${primaries.map(({ site }) => site).join(" and ")}`);
    for (const { site, epoch } of primaries) {
      if (authority && authority.site !== site)
        problems.push(`${name}: ${site} takes writes, and the record names ${authority.site}`);
      else if (authority && authority.epoch !== epoch)
        problems.push(`${name}: ${site} holds epoch ${epoch}, the record says ${authority.epoch}`);
    }
    const isCopy = ({ role, streaming, error }: DatabaseStatus) =>
      role === "waiting" ? error === undefined : role === "standby" && streaming === true;
    const missing = primaries.length === 1 ? copies.filter((copy) => copy !== primaries[0] && !isCopy(copy)) : [];
    for (const copy of missing) problems.push(`${name}: one copy only; ${whyNoCopy(copy)}`);
  }
  return problems;
}

function whyNoCopy({ site, role, silent, error }: DatabaseStatus): string {
  if (role === "waiting") return `${site} could not be recovered by restore: ${error}`;
  if (role === "fenced") return `${site} is fenced (read-only)`;
  return silent ? `${site} ${error}` : `${site} has no streaming replica`;
}

async function readAuthority({ location, plan }: Project): Promise<Authority | undefined> {
  const { portRegistry, nameServerAddress } = commonsOf({ location, plan: plan.name });
  const port = keptPorts(portRegistry)[NAME_SERVER_PORT];
  return port === undefined
    ? undefined
    : lookUpAuthority({ address: nameServerAddress, port }, plan.dns.name).catch(() => undefined);
}

/** A site without a replica is a copy while verified backups of the live one lie there, and in the live one's own bucket. */
async function askBackups(project: Project, { site, database }: DatabaseStatus, live: string): Promise<DatabaseStatus> {
  const waiting = { site, database, role: "waiting" } as const;
  try {
    const restorable = asRestorable(await offerAt(project, database, { from: live, to: site }));
    const error = await ownOffer(project, database, live).then(
      () => undefined,
      (fault: Error) => `in ${live}'s own bucket, ${fault.message}`,
    );
    return { ...waiting, restorable, ...(error === undefined ? {} : { error }) };
  } catch (error) {
    return { ...waiting, error: (error as Error).message };
  }
}

const withAge = (drill: Drill) => ({ ...drill, ageSeconds: Math.round((Date.now() - Date.parse(drill.at)) / 1000) });

const inWords = ({ backup, archivedAt }: Restorable) =>
  `recovered by restore: ${backup}${archivedAt ? ` and WAL to ${archivedAt}` : ""}`;

function render(
  { plan, sites }: Project,
  authority: Authority | undefined,
  databases: readonly DatabaseStatus[],
  problems: readonly string[],
  drill: Drill | undefined,
): string {
  const live = authority ? `${authority.site} is live, epoch ${authority.epoch}` : "no site is live";
  const lines = databases.map((one) => {
    const { site, database, role, epoch, restorable, error } = one;
    const standby = role === "standby" ? inWordsBehind(one) : role === "fenced" ? "read-only" : "";
    return `  ${site.padEnd(8)} ${database.padEnd(12)} ${role.padEnd(12)} ${[standby, restorable ? inWords(restorable) : "", epoch ? `epoch ${epoch}` : "", error ?? ""].filter(Boolean).join(", ")}`;
  });
  return [
    `${plan.name}: ${live} (${sites.join(", ")})`,
    ...lines,
    renderDrill(drill, Date.now()),
    ...(problems.length ? problems.map((problem) => `! ${problem}`) : ["ok: one writer, and a copy of everything"]),
  ].join("\n");
}
