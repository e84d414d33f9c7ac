import { BackupBucket } from "../../components/local";
import { placeOf } from "../../components/local/place";
import type { SiteArgs } from "../../components/contract";
import { BucketFolder } from "../../provider/sdk";

/** What component-cost.ts asks for: the same folders, by components or written flat, or nothing at all. */
export interface ProgramTask {
  readonly written: "components" | "flat" | "nothing";
  /** Buckets: two folders each. */
  readonly count: number;
  readonly location: string;
}

const { written, count, location } = JSON.parse(process.env.DR_BENCH!) as ProgramTask;
const siteOf = (index: number): SiteArgs => ({
  ...{ plan: `bench-${index}`, name: "prod", all: ["prod", "dr"], location, activation: "active" },
  sites: { prod: { platform: "local" }, dr: { platform: "local" } },
});
for (const index of written === "nothing" ? [] : Array(count).keys()) {
  const site = siteOf(index);
  if (written === "components") new BackupBucket(`bucket-${index}`, { site });
  else {
    const kept = { retainOnDelete: true };
    const [own, copy] = [placeOf(site, "prod").bucket, placeOf(site, "dr").copyOf("prod")];
    new BucketFolder(`bucket-${index}`, { folder: own, site: "prod" }, kept);
    new BucketFolder(`bucket-${index}-copy`, { folder: copy, site: "prod" }, kept);
  }
}
