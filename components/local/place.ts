import { createHash } from "node:crypto";
import * as path from "node:path";
import type { SiteArgs } from "../contract";

/** Where everything of a plan lies on this machine: the naming rule by which one site knows the other's without asking. */
export interface Place {
  /** The site's folder: its region. What is in it is lost with it. */
  readonly region: string;
  /** The loopback address that stands for the site; both sites answer on the same ports. */
  readonly address: string;
  readonly bucket: string;
  /** The copy of another site's bucket, in this site's region. */
  readonly copyOf: (site: string) => string;
  readonly socketFolder: string;
  /** Where volumes and relative paths of the plan lie. */
  readonly files: string;
}

/** The plan's part of the machine that belongs to neither site. */
export interface Commons {
  readonly keysFolder: string;
  /** The secrets that the plan names, a file for each. Only what a person puts there is there. */
  readonly secretsFolder: string;
  readonly portRegistry: string;
  readonly nameServer: string;
  readonly nameServerAddress: string;
}

export const NAME_SERVER_PORT = "dns";

export function placeOf({ location, plan, all }: Pick<SiteArgs, "location" | "plan" | "all">, site: string): Place {
  const region = path.join(location, plan, site);
  return {
    region,
    address: `127.0.${10 + all.indexOf(site)}.1`,
    bucket: path.join(region, "bucket"),
    copyOf: (other) => path.join(region, `copy-of-${other}`),
    socketFolder: path.join(region, "run"),
    files: path.join(region, "files"),
  };
}

export function commonsOf({ location, plan }: Pick<SiteArgs, "location" | "plan">): Commons {
  const commons = path.join(location, plan, ".commons");
  return {
    keysFolder: path.join(commons, "keys"),
    secretsFolder: path.join(commons, "secrets"),
    portRegistry: path.join(commons, "ports.json"),
    nameServer: path.join(commons, "dns"),
    nameServerAddress: "127.0.0.1",
  };
}

/** The other site, while there is one to count on. */
export const peerOf = ({ name, all, lost }: SiteArgs) => all.find((other) => other !== name && other !== lost);

/**
 * Where the local sites of a project lie: in its ignored `.dr`; for root, whose servers run as another user that may not
 * look into root's folders, in a folder of their own.
 */
export function defaultRoot(project: string): string {
  if (process.getuid?.() !== 0) return path.join(project, ".dr", "local");
  const digest = createHash("sha256").update(project).digest("hex").slice(0, 8);
  return path.join("/var/lib/pulumi-dr", `${path.basename(project)}-${digest}`);
}
