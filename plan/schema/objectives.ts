import * as z from "zod";
import { duration, size } from "./words";

/** What an objective can be about: a part of the system or a kind of data. */
export const CLASSES = [
  "full",
  "critical",
  "nonCritical",
  "database",
  "files",
  "volumes",
  "cache",
  "configuration",
] as const;
export type ObjectiveClass = (typeof CLASSES)[number];

export const objectiveClass = (description: string) => z.enum(CLASSES).describe(description);

const objective = z
  .strictObject({
    rto: duration("Recovery time objective: from the loss to the first committed write at the new site.").optional(),
    rpo: duration("Recovery point objective: the age of the newest write that must survive.").optional(),
    maxDowntime: duration("The longest downtime the business accepts. Not less than rto.").optional(),
    bySize: z
      .array(
        z.strictObject({
          upTo: size("Data up to this size."),
          rto: duration("Recovery time objective for data of that size."),
        }),
      )
      .default([])
      .describe("Recovery time by the size of the data, smallest first. Larger data has the class's own rto."),
  })
  .describe("One class's objectives.");

export const objectives = z
  .strictObject({
    full: objective.describe("The whole system. Its rpo holds for all data whose own class states none.").optional(),
    critical: objective.describe("Critical systems: services are of this class unless they say otherwise.").optional(),
    nonCritical: objective.describe("Non-critical systems.").optional(),
    database: objective.describe("PostgreSQL and MongoDB, unless an entry says otherwise.").optional(),
    files: objective.describe("Files.").optional(),
    volumes: objective.describe("Volumes.").optional(),
    cache: objective.describe("Redis, unless the entry says otherwise.").optional(),
    configuration: objective.describe("Configuration and environment.").optional(),
  })
  .describe("How fast each class of thing must come back (rto) and how much of it may be lost (rpo).");
