import * as z from "zod";
import { SEVERITIES, severity } from "./alerts";
import { objectiveClass } from "./objectives";
import { cron, duration, email, matching, name, named, names, prose, text, timeZone, url } from "./words";

const contact = z.strictObject({
  name: text("Name of the person or the rota.", 100),
  role: text("Role.", 100).optional(),
  phone: text("Telephone number.", 40).optional(),
  email: z
    .union([email("E-mail address."), z.literal("TODO")])
    .describe("E-mail address.")
    .optional(),
  authority: text("What this contact may decide, such as accepting the loss of data.").optional(),
});

export const people = z
  .strictObject({
    contacts: named(contact, "Who can help.").default({}),
    vendors: named(
      z.strictObject({
        name: text("Name of the vendor.", 100),
        phone: text("Telephone number.", 40).optional(),
        url: url("Web address.").optional(),
        for: text("What they are asked for.").optional(),
      }),
      "Companies that can help.",
    ).default({}),
    escalation: z
      .array(
        z.strictObject({
          after: duration("How long after the incident began."),
          contacts: names("Who is called."),
          respond: duration("Within what time they answer.").optional(),
          authority: text("What they may decide.").optional(),
        }),
      )
      .default([])
      .describe("Who is called as time passes, first to last."),
    severities: z
      .partialRecord(
        z.enum(SEVERITIES),
        z.strictObject({ respond: duration("Within what time someone answers."), means: text("What it means.") }),
      )
      .default({})
      .describe("Severities, worst first, with response times."),
    decisions: z
      .array(
        z.strictObject({
          ask: text("A question with yes or no as the answer."),
          yes: text("What to do if so."),
          no: text("What to do if not."),
        }),
      )
      .default([])
      .describe("The decision tree: questions in order."),
    communication: z
      .strictObject({
        commander: name("Contact who leads.").optional(),
        lead: name("Contact who speaks.").optional(),
        team: names("Contacts who work on it.").default([]),
        stakeholders: names("Contacts who are kept informed.").default([]),
        channel: text("Where the team talks, such as #incidents.", 100).optional(),
        statusPage: url("Public status page.").optional(),
        customerNotice: prose("What customers are told.").optional(),
        social: text("Account for public notes.", 100).optional(),
      })
      .describe("Who says what to whom.")
      .prefault({}),
  })
  .describe("Who acts, who decides and who is told.")
  .prefault({});

/** What can happen. Each kind is a recovery that pulumi-dr knows how to run or guide. */
export const SCENARIO_KINDS = [
  "database-failure",
  "cache-failure",
  "volume-loss",
  "service-failure",
  "wrong-image",
  "site-loss",
  "region-loss",
  "corruption",
  "breach",
  "accidental-deletion",
  "backups-missing",
  "network-failure",
] as const;

export const scenarios = named(
  z.strictObject({
    title: text("The disaster in a few words.", 120),
    kind: z.enum(SCENARIO_KINDS).describe("Which recovery it asks for."),
    class: objectiveClass("Which objectives hold.").default("full"),
    estimate: duration(
      "How long recovery takes at most, as estimated. Checked against the objective; drills replace it by a measured time.",
    ).optional(),
    estimateFrom: duration("How long recovery takes at best, as estimated.").optional(),
    severity: severity("How bad it is.").default("P1"),
    data: names("Data entries that are affected.").default([]),
    services: names("Services that are affected.").default([]),
    symptoms: z.array(text("A symptom.")).default([]).describe("How it shows."),
    steps: z
      .array(prose("A step.", 1000))
      .default([])
      .describe("Steps for people, beside those that pulumi-dr prints for this kind."),
    prevention: z.array(text("A rule.")).default([]).describe("How it is kept from happening."),
  }),
  "Disasters that the plan answers.",
).default({});

export const drills = named(
  z.strictObject({
    title: text("What is rehearsed.", 120),
    schedule: cron(
      "When. Weekday#1 is the first such day of the month, weekdayL the last: 0 9 * * 6#1 is each first Saturday.",
    ),
    timeZone,
    scope: z
      .enum(["verify", "restore", "failover", "full", "tabletop"])
      .describe(
        "verify: read backups. restore: into a scratch place. failover: to the standby. full: everything lost. tabletop: people talk it through.",
      ),
    scenario: name("Scenario that is rehearsed.").optional(),
    who: names("Contacts who take part.").default([]),
    announce: z.boolean().default(true).describe("Whether people are told before it starts."),
  }),
  "Rehearsals. Times are measured and kept as evidence; gaps become actions.",
).default({});

export const calendar = named(
  z.strictObject({
    task: text("What is done."),
    schedule: cron("When it is due."),
    timeZone,
    owner: text("Who does it.", 100).optional(),
  }),
  "Maintenance and reviews.",
).default({});

export const checklists = z
  .record(
    matching(/^[a-z][a-z0-9-]{0,31}$/, "a name must be lower-case letters, digits and hyphens"),
    z.array(text("A point.")).min(1, "must have at least one point"),
  )
  .default({})
  .describe("Lists to tick off, by name: database, application, security, after-recovery.");

export const prerequisites = z
  .array(
    z.strictObject({
      what: text("What must be there."),
      kind: z.enum(["access", "tool", "credential", "place"]).describe("What sort of thing it is."),
      check: z
        .array(z.string().min(1).max(500))
        .min(1)
        .describe("Program and arguments that prove it by exit code 0. No shell reads it.")
        .optional(),
    }),
  )
  .default([])
  .describe("What must be there before a recovery starts. `pulumi-dr check` verifies it.");

export const documents = z
  .array(z.strictObject({ what: text("A document."), where: text("Where it is kept.") }))
  .default([])
  .describe("Documents that a recovery needs.");
