import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { readConfig, type AgentConfig } from "../../agent/config";
import { createRedactor } from "../../agent/redaction";
import { secretReader } from "../../agent/secrets";
import { commonsOf, NAME_SERVER_PORT, placeOf } from "../../components/local/place";
import { readAuthority } from "../../engines/dns/authority";
import { keyFile } from "../../engines/keys";
import { nearest } from "../../plan/nearest";
import { readProject, stackConfig, UsageError, type Project } from "../project";

/** What stacks/site.ts calls the agent's process. */
const AGENT = "agent";

/** The agent of a local site, as the files say that `up` wrote: whether it runs or not. */
export async function localAgent(asked: string | undefined): Promise<{ site: string; config: AgentConfig }> {
  const project = readProject();
  if (project.platform !== "local")
    throw new UsageError(
      `agents are found by themselves on local only; got platform ${project.platform}. Name one: --agent <url>`,
    );
  const site = asked === undefined ? await activeSite(project) : known(asked, project.sites);
  const { region } = placeOf({ location: project.location, plan: project.plan.name, all: project.sites }, site);
  const file = path.join(region, AGENT, "config.json");
  if (!existsSync(file))
    throw new UsageError(
      `${site} never had an agent here: it runs on an active site. Bring it up (npx pulumi up --stack ${site}), or name another --site`,
    );
  return { site, config: readConfig(file) };
}

function known(site: string, sites: readonly string[]): string {
  if (sites.includes(site)) return site;
  const meant = nearest(site, sites);
  throw new UsageError(`--site must be ${sites.join(" or ")}; got ${site}${meant ? `. Did you mean ${meant}?` : ""}`);
}

/** The live one by the authority record; without one, the one that its stack says is active. */
async function activeSite({ folder, plan, location, sites }: Project): Promise<string> {
  const { portRegistry, nameServerAddress: address } = commonsOf({ location, plan: plan.name });
  const lookup = { name: plan.dns.name, address, portRegistry, portName: NAME_SERVER_PORT };
  const record = await readAuthority(lookup).catch(() => undefined);
  const isActive = (site: string) => stackConfig(folder, site)["dr:activation"] === "active";
  const site = record?.site ?? sites.find(isActive);
  if (site === undefined) throw new UsageError(`no site is active; say which is meant: --site ${sites.join(" or ")}`);
  return site;
}

/** The token that an agent expects, where it looks for it: the environment, the secrets' folder, its own key. */
export function tokenOf({ api, secretsFolder, keysFolder }: AgentConfig): string {
  try {
    const said = secretReader({ secretsFolder }, createRedactor())(api.token);
    return said ?? readFileSync(keyFile(keysFolder, "api"), "utf8").trim();
  } catch (error) {
    throw new UsageError(
      `the agent's token cannot be read (${(error as Error).message}); be the user who brought the site up, or set ${api.token}`,
      { cause: error },
    );
  }
}
