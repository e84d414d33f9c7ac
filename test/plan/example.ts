import { stringify } from "yaml";
import { checkPlan, formatRefusal } from "../../plan";

/** A plan as written, open to any change. */
export interface Written {
  [key: string]: unknown;
  name: unknown;
  sites: Record<string, Record<string, unknown>>;
  objectives: Record<string, unknown>;
  data: Record<string, Record<string, unknown>>;
  services: Record<string, Record<string, unknown>>;
  dns: Record<string, unknown>;
}

/** The smallest plan that is accepted without a warning, with a change made to it. */
export function written(change: (plan: Written) => void = () => {}): Written {
  const plan: Written = {
    name: "shop",
    sites: { prod: { platform: "local" }, dr: { platform: "local" } },
    objectives: { full: { rto: "4h", rpo: "24h" } },
    data: { orders: { engine: "postgresql", database: "orders", backup: { full: "0 2 * * *" } } },
    services: { web: { port: 8000 } },
    dns: { zone: "shop.test", name: "app.shop.test" },
  };
  change(plan);
  return plan;
}

export const text = (change?: (plan: Written) => void) => stringify(written(change), { aliasDuplicateObjects: false });

/** Refusals of the changed plan, one line each. */
export const refusals = (change: (plan: Written) => void) => checkPlan(text(change)).refusals.map(formatRefusal);

/** Warnings of the changed plan, one line each; a refusal is a failure. */
export function warnings(change: (plan: Written) => void): string[] {
  const { refusals, warnings } = checkPlan(text(change));
  if (refusals.length > 0) throw new Error(refusals.map(formatRefusal).join("\n"));
  return warnings.map(formatRefusal);
}

/** The one data entry of the example. */
export const orders = (plan: Written): Record<string, unknown> => plan.data.orders ?? {};

/** A table of changes with what is said of them, verbatim. */
export type Cases = readonly (readonly [title: string, change: (plan: Written) => void, ...lines: string[]])[];
