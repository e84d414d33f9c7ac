import type { Project } from "../project";
import type { Look } from "./decide";
import { lookAt } from "./probes";
import { testify, type Sight, type Testimony } from "./sight";
import { askWitness } from "./witness";

/** Seconds of a clock that only goes forward, whoever sets the time of day. */
export const monotonic = () => Number(process.hrtime.bigint()) / 1e9;

/** What a look takes at most: two rounds of probes where the live site has changed, and then the witnesses. */
export const LONGEST_LOOK_SECONDS = 20;

/** Looks at the live site, as the authority record names it; while nobody can say which that is, at the last one known. */
export function openEyes(project: Project, token: string | undefined): () => Promise<Look> {
  const witnesses = [...new Set(project.plan.failover.witnesses)];
  let site = project.sites[0]!;
  return async () => {
    const at = monotonic();
    let sight = await lookAt(project, site);
    if (sight.live && sight.live.site !== site && project.sites.includes(sight.live.site)) {
      site = sight.live.site;
      sight = await lookAt(project, site);
    }
    const said = await Promise.all(
      witnesses.map(async (address) => [address, await ask(address, token, sight)] as const),
    );
    return { at, sight, witnesses: Object.fromEntries(said) };
  };
}

async function ask(address: string, token: string | undefined, own: Sight): Promise<Testimony> {
  if (token === undefined) return { vote: "unknown", reason: "there is no token to ask it with" };
  try {
    return testify(await askWitness(address, token, own.site), own);
  } catch (error) {
    return { vote: "unknown", reason: (error as Error).message };
  }
}
