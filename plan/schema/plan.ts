import * as z from "zod";
import { alerts } from "./alerts";
import { data } from "./data";
import { afterRecovery, api, backupBefore, breach, dns, evidence, failover, network, storage } from "./failover";
import { objectives } from "./objectives";
import { calendar, checklists, documents, drills, people, prerequisites, scenarios } from "./people";
import { services } from "./services";
import { sites } from "./sites";
import { matching, NAME, NAME_RULE, prose } from "./words";

/** Everything a plan may say, with defaults. What it must not say together is refused in ../checks. */
export const planSchema = z
  .strictObject({
    name: matching(NAME, NAME_RULE)
      .max(63, "must be 63 characters or fewer")
      .describe("Name of the system. The names of real things are built from it, so it is short."),
    description: prose("What the system is, for people.").optional(),
    timeZone: z.string().max(64).default("UTC").describe("IANA time zone of all schedules that name none."),
    rehearsal: z
      .boolean()
      .default(false)
      .describe("A plan that is only for trying out: its sites may be the same place."),
    sites,
    objectives,
    data,
    services,
    dns,
    failover,
    storage,
    backupBefore,
    api,
    alerts,
    people,
    scenarios,
    drills,
    calendar,
    checklists,
    prerequisites,
    documents,
    afterRecovery,
    breach,
    network,
    evidence,
  })
  .describe("A disaster-recovery plan.");

export type ParsedPlan = z.output<typeof planSchema>;
