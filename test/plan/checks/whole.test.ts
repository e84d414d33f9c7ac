import assert from "node:assert/strict";
import { refusals, orders, warnings, type Cases, type Written } from "../example";

const sites = (prod: object, dr: object) => (plan: Written) => (plan.sites = { prod: { ...prod }, dr: { ...dr } });
const aws = (region: string, account?: string) => ({ platform: "aws", region, ...(account ? { account } : {}) });
const azure = (region: string) => ({ platform: "azure", region });
const docker = (host: string) => ({ platform: "docker", host });
const same = (place: string) =>
  `sites.dr: dr and prod are the same place (${place}): what loses one loses both; give dr another one`;
const cron = (full: string) => (plan: Written) => ((orders(plan).backup = { full, archive: "continuous" }), plan);

describe("plan/checks: the whole plan", () => {
  const cases: Cases = [
    [
      "one site",
      (p) => (p.sites = { prod: { platform: "local" } }),
      "sites: a plan needs two sites or more, the live one first; got 1. Add the site that takes over, such as dr",
    ],
    [
      "no site",
      (p) => (p.sites = {}),
      "sites: a plan needs two sites or more, the live one first; got 0. Add the site that takes over, such as dr",
    ],
    [
      "one AWS region twice, whatever the account",
      sites(aws("eu-west-1", "111111111111"), aws("EU-WEST-1", "222222222222")),
      same("aws region eu-west-1"),
    ],
    [
      "one Azure region, written in two ways",
      sites(azure("westus2"), azure("West US 2")),
      same("azure region westus2"),
    ],
    [
      "one Docker host by two users and ports",
      sites(docker("ssh://a@host.test"), docker("tcp://HOST.test:2376")),
      same("docker host host.test"),
    ],
    [
      "this machine's Docker by two addresses",
      sites(docker("unix:///var/run/docker.sock"), docker("tcp://127.0.0.1:2375")),
      same("docker host localhost"),
    ],
    [
      "one cluster with two namespaces",
      sites(
        { platform: "kubernetes", context: "c", namespace: "a" },
        { platform: "kubernetes", context: "c", namespace: "b" },
      ),
      same("kubernetes context c"),
    ],
    [
      "one folder",
      sites({ platform: "local", folder: "a" }, { platform: "local", folder: "./a/" }),
      same("local folder a"),
    ],
    ["two regions", sites(aws("eu-west-1"), aws("eu-central-1"))],
    ["two clouds", sites(aws("eu-west-1"), azure("westeurope"))],
    [
      "a record outside the zone",
      (p) => (p.dns.name = "app.other.test"),
      "dns.name: must be inside the zone shop.test; got app.other.test. Use a name such as app.shop.test, or change dns.zone",
    ],
    [
      "a record that only ends like the zone",
      (p) => (p.dns.name = "notshop.test"),
      "dns.name: must be inside the zone shop.test; got notshop.test. Use a name such as app.shop.test, or change dns.zone",
    ],
    [
      "a second record outside the zone",
      (p) => (p.dns.aliases = ["www.other.test"]),
      "dns.aliases[0]: must be inside the zone shop.test; got www.other.test. Use a name such as app.shop.test, or change dns.zone",
    ],

    [
      "a minute that does not exist",
      cron("61 * * * *"),
      'data.orders.backup.full: must be a cron expression (minute hour day month weekday); got "61 * * * *": invalid value for minute: 61',
    ],
    [
      "30 February",
      cron("0 0 30 2 *"),
      'data.orders.backup.full: never fires; got "0 0 30 2 *". Look at the day (third field) and the month (fourth)',
    ],
    [
      "a backup on the first Saturday, which Kubernetes cannot say",
      cron("0 0 * * 6#1"),
      'data.orders.backup.full: L, W, ? and # are not cron on every platform (Kubernetes has none of them); got "0 0 * * 6#1". List the days',
    ],
    [
      "a drill on the first Saturday",
      (p) => (p.drills = { full: { title: "All", scope: "full", schedule: "0 9 * * 6#1" } }),
    ],
    ["days and months by name", (p) => cron("0 2 * JAN-DEC MON-SUN")(p)],
    [
      "a drill that never fires",
      (p) => (p.drills = { full: { title: "All", scope: "full", schedule: "0 0 31 2 *" } }),
      'drills.full.schedule: never fires; got "0 0 31 2 *". Look at the day (third field) and the month (fourth)',
    ],
    [
      "a task that never fires",
      (p) => (p.calendar = { keys: { task: "Rotate", schedule: "0 0 31 4 *" } }),
      'calendar.keys.schedule: never fires; got "0 0 31 4 *". Look at the day (third field) and the month (fourth)',
    ],
    [
      "a test restore that never fires",
      (p) => (orders(p).verify = { restore: "0 0 31 4 *" }),
      'data.orders.verify.restore: never fires; got "0 0 31 4 *". Look at the day (third field) and the month (fourth)',
    ],
    [
      "an unknown time zone, once",
      (p) => (p.timeZone = "Mars/Olympus"),
      'timeZone: must be an IANA time zone such as Europe/Berlin; got "Mars/Olympus"',
    ],
    [
      "a mistyped time zone",
      (p) => (orders(p).backup = { full: "0 2 * * *", timeZone: "Europe/Berln" }),
      'data.orders.backup.timeZone: must be an IANA time zone such as Europe/Berlin; got "Europe/Berln"; did you mean Europe/Berlin?',
    ],

    [
      "a retention of 0",
      (p) => (orders(p).retention = { daily: 0, weekly: 0, monthly: 0 }),
      "data.orders.retention: keeps no backup at all (every count is 0); keep at least one, such as daily: 7",
    ],
    [
      "0s in object storage",
      (p) => (orders(p).retention = { remote: "0s" }),
      "data.orders.retention.remote: 0s keeps nothing; leave remote out, or say how long",
    ],
    [
      "0s at the site",
      (p) => (orders(p).retention = { local: "0s" }),
      "data.orders.retention.local: 0s keeps nothing; to keep none at the site, say storage.local: false",
    ],

    [
      "data that is not there",
      (p) => (p.services.web = { uses: ["order"] }),
      "services.web.uses[0]: order is not in data; did you mean orders?",
    ],
    [
      "a service that is not there",
      (p) => (p.services.web = { dependsOn: ["cart-and-more"] }),
      "services.web.dependsOn[0]: cart-and-more is not in services; there: web",
    ],
    [
      "a channel that is not there",
      (p) => (p.alerts = { rules: { cpu: { channels: ["mail"] } } }),
      "alerts.rules.cpu.channels[0]: mail is not in alerts.channels; it has no entries",
    ],
    [
      "a channel for the worst that is not there",
      (p) => (p.alerts = { severe: ["sms"] }),
      "alerts.severe[0]: sms is not in alerts.channels; it has no entries",
    ],
    [
      "a contact that is not there",
      (p) => (p.people = { escalation: [{ after: "0s", contacts: ["ann"] }] }),
      "people.escalation[0].contacts[0]: ann is not in people.contacts; it has no entries",
    ],
    [
      "a commander who is not there",
      (p) => (p.people = { communication: { commander: "ann", lead: "bob" } }),
      "people.communication.commander: ann is not in people.contacts; it has no entries",
      "people.communication.lead: bob is not in people.contacts; it has no entries",
    ],
    [
      "a scenario that is not there",
      (p) => (p.drills = { full: { title: "All", scope: "full", schedule: "0 9 1 * *", scenario: "loss" } }),
      "drills.full.scenario: loss is not in scenarios; it has no entries",
    ],
    [
      "a checklist that is not there",
      (p) => (p.afterRecovery = { checklist: ["all"] }),
      "afterRecovery.checklist[0]: all is not in checklists; it has no entries",
    ],
    [
      "a cache that nobody uses and somebody shall warm",
      (p) => (p.data.cache = { engine: "redis", warm: "/warmup", backup: { full: "0 2 * * *" } }),
      "data.cache.warm: /warmup is a path of a service that uses cache, and none does; add cache to a service's uses",
    ],
    [
      "services that wait for each other",
      (p) => (p.services = { a: { dependsOn: ["b"] }, b: { dependsOn: ["c"] }, c: { dependsOn: ["b"] } }),
      "services.b.dependsOn: b waits for c waits for b: none of them would start; take one dependsOn away",
    ],
    [
      "a service that waits for itself",
      (p) => (p.services.web = { dependsOn: ["web"] }),
      "services.web.dependsOn: web waits for web: none of them would start; take one dependsOn away",
    ],

    [
      "fewer instances at most than at least",
      (p) => (p.services.web = { instances: { min: 3, max: 2 } }),
      "services.web.instances.max: must be min (3) or more; got 2",
    ],
    [
      "escalation that goes back in time",
      (p) =>
        (p.people = {
          contacts: { ann: { name: "Ann" } },
          escalation: [
            { after: "1h", contacts: ["ann"] },
            { after: "30m", contacts: ["ann"] },
          ],
        }),
      "people.escalation[1].after: steps go from early to late; 30m comes after 1h",
    ],
    [
      "an automatic failover with one witness",
      (p) => (p.failover = { mode: "automatic", witnesses: ["https://a.test:8901", "https://a.test:8901"] }),
      "failover.witnesses: mode automatic needs two witnesses or more, in different places; got 1. One that cannot reach a site proves nothing",
    ],
    [
      "a site as a witness",
      (p) => {
        sites(docker("ssh://me@one.test"), docker("ssh://me@two.test"))(p);
        p.failover = { mode: "automatic", witnesses: ["https://a.test:8901", "https://two.test:8901"] };
      },
      "failover.witnesses[1]: two.test is dr, which cannot witness its own loss; name a third place",
    ],
    [
      "ARC Region switch between two clouds",
      (p) => (sites(aws("eu-west-1"), azure("westeurope"))(p), (p.failover = { regionSwitch: true })),
      "failover.regionSwitch: needs two sites, both on aws: a plan of ARC Region switch has two regions; got prod on aws, dr on azure. Leave it out",
    ],
    [
      "ARC Region switch between three regions",
      (p) => {
        p.sites = { prod: aws("eu-west-1"), dr: aws("eu-central-1"), third: aws("eu-north-1") };
        p.failover = { regionSwitch: true };
      },
      "failover.regionSwitch: needs two sites, both on aws: a plan of ARC Region switch has two regions; got prod on aws, dr on aws, third on aws. Leave it out",
    ],
    [
      "ARC Region switch, which waits for a person, in an automatic failover",
      (p) => {
        sites(aws("eu-west-1"), aws("eu-central-1"))(p);
        const witnesses = ["https://a.test:8901", "https://b.test:8901"];
        p.failover = { regionSwitch: true, mode: "automatic", maxLoss: "1m", witnesses };
      },
      "failover.regionSwitch: waits for a person's approval, and mode automatic for nobody; leave one of them out",
    ],
    [
      "ARC Region switch between two regions",
      (p) => (sites(aws("eu-west-1"), aws("eu-central-1"))(p), (p.failover = { regionSwitch: true })),
    ],
    ["no ARC Region switch between two clouds", (p) => (p.failover = { regionSwitch: false })],
    [
      "a witness that is only named",
      (p) => (p.failover = { mode: "automatic", witnesses: ["https://a.test:8901", "office"] }),
      'failover.witnesses[1]: must be the address of a `pulumi-dr witness`, such as https://witness.example.com:8901; a place that is only named cannot be asked; got "office"',
    ],
  ];
  for (const [title, change, ...lines] of cases) {
    it(`${lines.length > 0 ? "refuses" : "accepts"} ${title}`, () => assert.deepEqual(refusals(change), lines));
  }

  const doubts: Cases = [
    [
      "sites in one place, in a rehearsal",
      (p) => ((p.rehearsal = true), sites(docker("localhost"), docker("unix:///var/run/docker.sock"))(p)),
      "sites.dr: dr and prod are the same place (docker host localhost): what loses one loses both; accepted because rehearsal is true",
    ],
    [
      "a day of the month and a weekday",
      cron("0 2 1 * 1"),
      'data.orders.backup.full: "0 2 1 * 1" runs on day 1 of the month and also on weekday 1; leave one of them *',
      "alerts.rules.backupAge.above: 26h rings between the backups of data.orders (a full backup every 7d); allow more than 7d",
    ],
    [
      "a retention that immutability outlives",
      (p) => (orders(p).retention = { remote: "3d" }),
      "data.orders.retention.remote: 3d is shorter than storage.immutable, so backups are kept 7d all the same",
    ],
    [
      "an automatic failover that accepts any loss",
      (p) => (p.failover = { mode: "automatic", witnesses: ["https://a.test", "https://b.test"] }),
      "failover.maxLoss: an automatic failover would accept any loss; say how much it may",
    ],
    [
      "two witnesses in one place",
      (p) => (p.failover = { mode: "automatic", maxLoss: "1m", witnesses: ["https://a.test", "https://a.test:8901"] }),
      "failover.witnesses[1]: is at a.test, as another witness is: what cuts off one cuts off both",
    ],
    [
      "nobody to declare a site lost",
      (p) => (p.people = { contacts: { ann: { name: "Ann" } } }),
      "failover.authority: nobody may declare a site lost; name a contact",
    ],
    [
      "a blank",
      (p) => ((p.people = { contacts: { ann: { name: "TODO" } } }), (p.failover = { authority: ["ann"] })),
      "people.contacts.ann.name: is still to be filled in: TODO",
    ],
  ];
  for (const [title, change, ...lines] of doubts)
    it(`warns of ${title}`, () => assert.deepEqual(warnings(change), lines));
});
