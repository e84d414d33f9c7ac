import { learnedFromAws } from "./fakes-aws";
import { learnedFromAwsServices } from "./fakes-aws-services";
import { learnedFromAzure } from "./fakes-azure";

export type Inputs = Record<string, unknown>;

export const DATABASE_PORT = 15432;
export const NAME_SERVER_PORT = 15053;
export const PROCESS_PORT = 18000;

/** What each resource of the provider learns when it is really made. A type that is not here is refused. */
export const learned: Readonly<Record<string, (inputs: Inputs, name: string) => Inputs>> = {
  ...learnedFromAwsServices,
  ...learnedFromAws,
  ...learnedFromAzure,
  "dr:index:DnsRecord": () => ({ epoch: 2 }),
  "dr:index:Fence": () => ({ proof: "refused a write by the application's user", lsn: "0/5000060" }),
  "dr:index:Promotion": () => ({ epoch: 2, timeline: 2, systemIdentifier: "7400000000000000001" }),
  "dr:index:Restore": () => ({ recovery: "one", backup: "orders-20261121T020000.000Z-full" }),
  "dr:local:BucketFolder": () => ({}),
  "dr:local:NameServer": () => ({ port: NAME_SERVER_PORT, running: true }),
  "dr:local:PostgresServer": ({ activation, folder }) => ({
    port: DATABASE_PORT,
    role: activation === "active" ? "primary" : "standby",
    systemIdentifier: "7400000000000000001",
    archiveConfig: `${String(folder)}/pgbackrest.conf`,
    ...(activation === "standby" ? { demotionToken: "7400000000000000001:1:0/5000060" } : {}),
  }),
  "dr:local:Process": ({ address, health, started }) => ({
    port: PROCESS_PORT,
    url: `http://${String(address)}:${PROCESS_PORT}${String(health)}`,
    running: started,
  }),
};
