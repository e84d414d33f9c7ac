import * as pulumi from "@pulumi/pulumi";
import { parsePlan, type Plan } from "../../../plan";
import type { BackupBucket, Database, Service } from "../../../components/contract";
import { text, type Written } from "../../plan/example";

/** The plan `shop`, changed. */
export const planOf = (change: (plan: Written) => void = () => {}): Plan => parsePlan(text(change), "plan.yaml");

export const entryOf = (data: object) =>
  planOf((written) =>
    Object.assign(written, {
      ...{ data: { it: data }, services: { web: { uses: ["it"] } } },
      objectives: { full: { rto: "4h", rpo: "32d" } },
    }),
  ).data["it"]!;

/** In the order of their names: they are registered as their values come in, in no order of ours. */
export const byName = <T extends { readonly name: string }>(all: readonly T[]) =>
  all.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** What has a test of its own. */
export const bucket = {
  locations: pulumi.output([
    "s3:https://s3.eu-central-1.amazonaws.com/shop-prod-backups-111122223333",
    "s3:https://s3.eu-west-1.amazonaws.com/shop-prod-backups-copy-111122223333",
  ]),
} as BackupBucket;
export const database = { address: pulumi.output("orders.rds"), port: pulumi.output(5432) } as Database;
export const service = { url: pulumi.output("https://prod.shop.example.com/health") } as Service;
