import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { placeOf } from "../components/local/place";
import { makeFolder, writeWhole } from "../engines/files";
import type { Copy } from "./chain";
import { FILE, fileOf, type Sealed } from "./record";

/** Whose evidence it is, and where its sites are. */
export interface Whose {
  /** The project's folder. */
  readonly folder: string;
  /** Root folder of the local sites. */
  readonly location: string;
  readonly plan: { readonly name: string };
  readonly platform: string;
  /** In order of failover. */
  readonly sites: readonly string[];
}

/** Where a copy of the evidence lies. */
export interface Place {
  readonly name: string;
  readonly folder: string;
  /** It must be there: evidence makes no bucket.  @default - the folder is made */
  readonly bucket?: string;
}

/** The operator's own copy: what no bucket could take waits here, and it outlives the sites of a rehearsal. */
export const HERE = ".dr/evidence";

/**
 * One copy in each site's own bucket, so that no region is lost with all of them, and one beside the project.
 * The command writes each itself: a copy that only came by way of another site would be late, or lost with it.
 *
 * @param only The one site whose bucket is meant.  @default - all of them
 */
export function placesOf({ folder, location, plan, platform, sites }: Whose, only?: string): readonly Place[] {
  const named = only === undefined ? sites : [only];
  const buckets = platform === "local" ? named : []; // the other platforms' buckets come with their components
  return [
    ...buckets.map((site) => {
      const { bucket } = placeOf({ location, plan: plan.name, all: sites }, site);
      return { name: site, folder: path.join(bucket, "evidence"), bucket };
    }),
    { name: HERE, folder: path.join(folder, HERE, plan.name) },
  ];
}

export function readCopy({ name, folder, bucket }: Place): Copy {
  const none = { name, files: new Map<string, Buffer>(), ...(bucket === undefined ? { partial: true } : {}) };
  try {
    if (bucket !== undefined && !existsSync(bucket)) return { ...none, there: false };
    const names = existsSync(folder) ? readdirSync(folder).filter((file) => FILE.test(file)) : [];
    const files = new Map(names.sort().map((file) => [file, readFileSync(path.join(folder, file))]));
    return { ...none, there: true, files };
  } catch (error) {
    return { ...none, there: true, problem: (error as Error).message };
  }
}

/** Puts whole records into a copy, in the order given. What is there already is never written again, whatever it holds. */
export function putRecords({ folder }: Place, records: readonly Sealed[]): void {
  makeFolder(folder);
  for (const sealed of records) {
    const file = path.join(folder, fileOf(sealed));
    if (!existsSync(file)) writeWhole(file, sealed.line, 0o400);
  }
}
