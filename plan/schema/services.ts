import * as z from "zod";
import { objectiveClass } from "./objectives";
import { count, matching, named, names, text, urlPath } from "./words";

export const services = named(
  z.strictObject({
    description: text("What this is, for people.").optional(),
    class: objectiveClass("Which objectives hold.").default("critical"),
    image: matching(/^[a-z0-9][A-Za-z0-9._/:@-]{0,254}$/, "must be an image such as registry.example.com/app:1.2")
      .describe("Container image. Not needed on local.")
      .optional(),
    imagesKept: count(1, 1000, "Versions of the image that are kept to go back to.").default(10),
    command: z
      .array(z.string().min(1).max(1000))
      .min(1, "must have at least one word")
      .describe("Program and arguments, one by one. No shell reads it.")
      .optional(),
    port: count(1, 65535, "Port it listens on.").default(8080),
    health: urlPath("Path that answers 200 when the service is well.").default("/health"),
    restart: z.enum(["always", "on-failure", "never"]).default("always").describe("What happens when it stops."),
    instances: z
      .strictObject({
        min: count(0, 1000, "Fewest instances at the live site.").default(1),
        max: count(1, 1000, "Most instances. Default: min.").optional(),
        standby: count(0, 1000, "Instances at a standby site.").default(0),
        cpu: count(1, 100, "CPU percentage that autoscaling aims at.").optional(),
        memory: count(1, 100, "Memory percentage that autoscaling aims at.").optional(),
      })
      .describe("How many run.")
      .prefault({}),
    rollout: z
      .enum(["rolling", "recreate"])
      .default("rolling")
      .describe("rolling: new beside old, check, switch, remove."),
    dependsOn: names("Services that must be healthy first.").default([]),
    uses: names("Data entries it uses. It is stopped while they are restored.").default([]),
    environment: z
      .record(
        matching(/^[A-Z_][A-Z0-9_]{0,62}$/, "a variable must be capitals, digits and underscores"),
        z.string().max(4000),
      )
      .default({})
      .describe("Environment variables that are not secret."),
    secrets: z
      .array(matching(/^[A-Z][A-Z0-9_]{1,62}$/, "must be the name of a secret in capitals"))
      .default([])
      .describe("Names of secrets that it receives as environment variables."),
  }),
  "What runs.",
).default({});
