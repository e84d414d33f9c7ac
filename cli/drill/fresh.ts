import { existsSync } from "node:fs";
import * as path from "node:path";
import { commonsOf, placeOf } from "../../components/local/place";
import type { Progress } from "../progress";
import { loseSite } from "./lose-site";
import { DNS_STACK, stackConfig, UsageError, type Project } from "../project";
import { pulumi } from "../pulumi";

/** Destroys a plan's local sites, data and all, and sets the stacks' values back to how they start. */
export async function startFresh(project: Project, progress: Progress): Promise<void> {
  const { folder, plan, location, sites, platform } = project;
  if (platform !== "local")
    throw new UsageError(`--fresh throws data away, and does so on local only; the platform here is ${platform}`);
  const [first] = sites as [string, string];
  const values: Record<string, Record<string, string | undefined>> = {
    ...Object.fromEntries(
      sites.map((site) => [
        site,
        {
          "dr:activation": site === first ? "active" : "standby",
          "dr:siteIsLost": undefined,
          "dr:recoverFrom": undefined,
          "dr:siteSeemsLost": undefined,
          "dr:demotionTokens": undefined,
        },
      ]),
    ),
    [DNS_STACK]: { "dr:liveSite": first },
  };
  const used = existsSync(path.join(location, plan.name));
  for (const stack of [DNS_STACK, ...sites]) {
    if (used)
      await progress.step(`destroy ${stack} (pulumi destroy)`, () => pulumi(folder, { verb: "destroy", stack }));
    for (const [name, value] of Object.entries(values[stack]!)) {
      if (stackConfig(folder, stack)[name] === value) continue;
      await pulumi(folder, { verb: "config", stack, args: value === undefined ? ["rm", name] : ["set", name, value] });
    }
  }
  // What `destroy` keeps on purpose is thrown away here, on purpose: these sites are rehearsals, and --fresh says so.
  // So is what still runs though no state knows of it any more, as after a deleted `.dr`.
  const regions = sites.map((site) => placeOf({ location, plan: plan.name, all: sites }, site).region);
  for (const folder of [...regions, path.dirname(commonsOf({ location, plan: plan.name }).portRegistry)])
    loseSite(folder);
}
